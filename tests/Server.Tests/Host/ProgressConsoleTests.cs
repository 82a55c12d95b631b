using Recs.Api;
using Recs.Api.Hosting;

namespace Recs.Server.Tests.Host;

public sealed class ProgressConsoleTests
{
    [Fact]
    public void Elsewhere_than_on_a_terminal_it_writes_a_line_per_stage_and_quarter()
    {
        var output = new StringWriter { NewLine = "\n" };
        var console = new ProgressConsole(output, terminal: false, TimeProvider.System);
        for (var i = 0; i <= 100; i++)
            console.Show(new StartupStage("loading", i / 100.0, "", Done: false));
        console.Show(new StartupStage("training", 0.1, "epoch 1", Done: false));
        console.Show(new StartupStage("ready", 1, "", Done: true));
        Assert.Equal("  loading: 0 %\n  loading: 25 %\n  loading: 50 %\n  loading: 75 %\n  loading: 100 %\n  training: 10 % · epoch 1\n", output.ToString());
    }

    [Fact]
    public void On_a_terminal_one_line_changes_and_a_shorter_text_leaves_nothing_behind()
    {
        var output = new StringWriter { NewLine = "\n" };
        var console = new ProgressConsole(output, terminal: true, TimeProvider.System);
        console.Show(new StartupStage("loading", 0, "a long detail", Done: false));
        console.Show(new StartupStage("loading", 1, "", Done: false));
        console.Write("done");
        var lines = output.ToString().Split('\n');
        Assert.Equal(["\r  loading: 0 % · a long detail", "  loading: 100 %"], lines[0].Split('\r', 2)[1].Split('\r').Select((l, i) => i == 0 ? "\r" + l : l.TrimEnd()));
        Assert.Equal("\r  loading: 0 % · a long detail".Length, lines[0].Split('\r')[2].Length + 1);
        Assert.Equal("done", lines[1]);
    }
}
