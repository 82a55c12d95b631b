using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Recs.Api;
using Recs.Cli;
using Recs.Cli.Output;
using Recs.Training.Tests.Import;

namespace Recs.Cli.Tests;

/// <summary>Over a real data folder, and through the real HTTP API on a socket.</summary>
public sealed class EndToEndTests : IDisposable
{
    private const int Events = 2_500;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_data_folder_takes_an_import_once_and_makes_pages_of_it()
    {
        var data = _folder["data"];
        WriteFiles();
        Assert.Equal(3, Report(Run("import", "items", _folder["i.jsonl"], "--data", data)).GetProperty("itemsAdded").GetInt32());
        var first = Report(Run("import", "events", _folder["e.csv"], "--data", data));
        Assert.Equal((Events, 37), (first.GetProperty("eventsAccepted").GetInt32(), first.GetProperty("itemsCreated").GetInt32()));
        var second = Report(Run("import", "events", _folder["e.csv"], "--data", data));
        Assert.Equal((0, Events), (second.GetProperty("eventsAccepted").GetInt32(), second.GetProperty("eventsDuplicate").GetInt32()));
        Assert.Equal(3, Report(Run("import", "items", _folder["i.jsonl"], "--data", data)).GetProperty("itemsUnchanged").GetInt32());

        var status = Run("status", "--data", data);
        Assert.Equal((Events, 40, 50), (Number(status, "totalEvents"), Number(status, "catalogItems"), Number(status, "users")));
        Assert.Equal(50, Run("user", "u7", "--data", data).GetProperty("sequence").GetInt32());
        Assert.Equal(5, Run("recommend", "somebody", "--data", data, "-n", "5").GetProperty("items").GetArrayLength());

        var file = _folder["best.jsonl"];
        Assert.Equal(50, Number(Run("batch", "--to", file, "--data", data, "-n", "3"), "users"));
        Assert.Equal(50, File.ReadLines(file).Count());

        Assert.Equal(50, Number(Run("forget", "u7", "--yes", "--data", data), "eventsRemoved"));
        Assert.Equal(49, Number(Run("status", "--data", data), "users"));
    }

    [Fact]
    public async Task Items_with_vectors_are_imported_into_a_declared_space_and_found_by_it()
    {
        var data = _folder["vectors"];
        // Cosines with a: b 0.6, c 0.8.
        static string Line(string id, string first) => $"{{\"id\":\"{id}\",\"vectors\":{{\"text\":[{first}{string.Concat(Enumerable.Repeat(",0", 14))}]}}}}\n";
        _folder.Write("v.jsonl", Line("a", "1,0") + Line("b", "3,4") + Line("c", "4,-3"));
        var error = new StringWriter();
        Assert.Equal(1, await RunAsync(new StringWriter(), error, ["import", "items", _folder["v.jsonl"], "--data", data]));
        Assert.Contains("no space is configured", error.ToString());
        Assert.Equal(3, Report(Run("import", "items", _folder["v.jsonl"], "--data", data, "--space", "text:16")).GetProperty("itemsAdded").GetInt32());
        Assert.Equal(3, Report(Run("import", "items", _folder["v.jsonl"], "--data", data)).GetProperty("itemsUnchanged").GetInt32());
        var near = Run("similar", "a", "--data", data, "--space", "text").GetProperty("items");
        Assert.Equal(["c", "b"], near.EnumerateArray().Select(i => i.GetProperty("id").GetString()));
        Assert.Equal(3, Number(Run("status", "--data", data).GetProperty("spaces")[0], "vectors"));
        Assert.NotEqual(0, await RunAsync(new StringWriter(), error, ["import", "items", _folder["v.jsonl"], "--data", data, "--space", "text:15"]));
        Assert.Contains("16 to 1024", error.ToString());
        Assert.NotEqual(0, await RunAsync(new StringWriter(), error, ["import", "items", _folder["v.jsonl"], "--data", data, "--space", "text:32"]));
        Assert.Contains("text:16:cosine", error.ToString());
    }

    [Fact]
    public async Task A_server_takes_an_import_and_answers_as_a_folder_does()
    {
        WriteFiles();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var recommender = new FakeRecommender();
        builder.Services.AddSingleton<IRecommender>(recommender);
        await using var app = builder.Build();
        app.MapRecommender(new RecommenderApiOptions { WriteKeys = ["write-key-0123456789"], AdminKeys = ["admin-key-0123456789"] });
        await app.StartAsync();
        var server = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        string[] at = ["--server", server, "--api-key", "admin-key-0123456789"];

        Assert.Equal(3, Report(Run(["import", "items", _folder["i.jsonl"], .. at])).GetProperty("itemsAdded").GetInt32());
        Assert.Equal(new AttributeValue.TextList(["s", "m"]), recommender.Items["../b"].Attributes["sizes"]);
        var first = Report(Run(["import", "events", _folder["e.csv"], .. at]));
        Assert.Equal((Events, 37), (first.GetProperty("eventsAccepted").GetInt32(), first.GetProperty("itemsCreated").GetInt32()));
        Assert.Equal(Events, Report(Run(["import", "events", _folder["e.csv"], .. at])).GetProperty("eventsDuplicate").GetInt32());
        Assert.Equal(Events, recommender.Events.Count);

        Assert.Equal(40, Number(Run(["status", .. at]), "catalogItems"));
        Assert.Equal("active", Run(["models", .. at])[0].GetProperty("state").GetString());
        Assert.Equal(50, Run(["user", "u7", .. at]).GetProperty("counts").GetProperty("view").GetInt32());
        Assert.Equal("../b", Run(["recommend", "u7", "-f", "size = 3", .. at]).GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal(4, Run(["similar", "../b", "-n", "4", .. at]).GetProperty("items").GetArrayLength());
        Assert.Equal(50, Number(Run(["forget", "u7", "--yes", .. at]), "eventsRemoved"));

        var error = new StringWriter();
        Assert.Equal(1, await RunAsync(new StringWriter(), error, ["status", "--server", server]));
        Assert.Contains("RECS_API_KEY", error.ToString());
    }

    private void WriteFiles()
    {
        _folder.Write("i.jsonl",
            "{\"id\":\"i0\",\"title\":\"Tea\",\"categories\":[\"Food\"]}\n{\"id\":\"../b\",\"title\":\"Cup\",\"size\":3,\"sizes\":[\"s\",\"m\"]}\n{\"id\":\"%2F\",\"price\":2}\n");
        var text = new StringBuilder("user,item,type,time\n");
        for (var i = 0; i < Events; i++)
            text.Append($"u{i % 50},{(i % 40) switch { 1 => "../b", 2 => "%2F", var n => $"i{n}" }},view,{1_600_000_000 + i * 7919L % 100_003}\n");
        _folder.Write("e.csv", text.ToString());
    }

    private static JsonElement Report(JsonElement line) => line.GetProperty("report");

    private static long Number(JsonElement line, string name) => line.GetProperty(name).GetInt64();

    /// <summary>Runs with --json; fails with the messages when the command does.</summary>
    private static JsonElement Run(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = RunAsync(output, error, [.. args, "--json"]).GetAwaiter().GetResult();
        Assert.True(code == 0, $"{code}: {error}");
        return JsonDocument.Parse(output.ToString()).RootElement;
    }

    private static Task<int> RunAsync(StringWriter output, StringWriter error, string[] args) => RecsCommand.RunAsync(
        args, new CliHost { Terminal = new Terminal(output, error, false, false, false), Time = TimeProvider.System, Environment = _ => null });
}
