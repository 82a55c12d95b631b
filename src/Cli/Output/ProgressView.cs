using Spectre.Console;

namespace Recs.Cli.Output;

/// <summary>Shows how far work is: bars on a terminal, a line now and then elsewhere, nothing when quiet or done within a second.</summary>
internal sealed class ProgressView(Terminal terminal, TimeProvider time, bool quiet)
{
    private static readonly TimeSpan FirstLine = TimeSpan.FromSeconds(1), BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Runs the work; it reports a stage, the share done (0 to 1), and words about it.</summary>
    public async Task<T> RunAsync<T>(Func<Action<string, double, string>, Task<T>> work)
    {
        if (quiet)
            return await work(static (_, _, _) => { }).ConfigureAwait(false);
        if (!terminal.ErrorIsTerminal || !terminal.ErrorConsole.Profile.Capabilities.Ansi)
            return await work(Lines()).ConfigureAwait(false);
        return await terminal.ErrorConsole.Progress()
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 },
                new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(context => work(Bars(context))).ConfigureAwait(false);
    }

    private static Action<string, double, string> Bars(ProgressContext context)
    {
        var gate = new Lock();
        var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
        ProgressTask? last = null;
        return (stage, done, detail) =>
        {
            lock (gate)
            {
                if (!bars.TryGetValue(stage, out var bar))
                {
                    // A stage ends where the next one begins.
                    if (last is not null)
                    {
                        last.Value = last.MaxValue;
                        last.StopTask();
                    }

                    bars.Add(stage, bar = context.AddTask(Terminal.Escape(stage), maxValue: 1));
                    last = bar;
                }

                bar.Value = Math.Clamp(done, 0, 1);
                bar.Description = detail.Length == 0 ? Terminal.Escape(stage) : $"{Terminal.Escape(stage)} [grey]{Terminal.Escape(detail)}[/]";
            }
        };
    }

    private Action<string, double, string> Lines()
    {
        var gate = new Lock();
        var next = time.GetTimestamp() + Ticks(FirstLine);
        return (stage, done, detail) =>
        {
            lock (gate)
            {
                if (time.GetTimestamp() < next)
                    return;
                next = time.GetTimestamp() + Ticks(BetweenLines);
                terminal.ErrorOutput.WriteLine(
                    FormattableString.Invariant($"{stage}: {Math.Clamp(done, 0, 1) * 100:0} %{(detail.Length == 0 ? "" : ", " + Terminal.Printable(detail))}"));
            }
        };
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}

/// <summary>Reports on the caller's own thread, in order.</summary>
internal sealed class Reporter<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
