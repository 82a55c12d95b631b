using System.Text.Json;
using Recs.Training.Tests.Import;

namespace Recs.Cli.Tests;

public sealed class CommandTests : IDisposable
{
    private const string Items = "id,title,category\na,Green tea,Food\nb,[Cup],Home\n";
    private const string Events = "user,item,type,time\nu1,a,view,2020-01-01\nu1,b,purchase,2020-01-02\nu2,c,like,2020-01-03\nu2,,like,2020-01-03\n";

    private readonly TempFolder _folder = new();
    private readonly CliRun _cli = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_import_reports_what_came_in_and_what_did_not()
    {
        Assert.Equal(0, _cli.Run("import", "items", _folder.Write("i.csv", Items), "--data", _folder["data"]));
        Assert.Contains("2 new, 0 changed, 0 as they were", _cli.Output);
        var rejects = _folder["rejects.csv"];
        Assert.Equal(0, _cli.Run("import", "events", _folder.Write("e.csv", Events), "--data", _folder["data"], "--rejects", rejects));
        Assert.Contains("3 new, 0 there before", _cli.Output);
        Assert.Contains("1 made because events name them", _cli.Output);
        Assert.Contains("1 row: itemId 1", _cli.Output);
        Assert.Contains("e.csv, line 5: itemId is absent", _cli.Error);
        Assert.Equal("file,line,reason,detail\ne.csv,5,itemId,itemId is absent; legal is 1 to 128 characters.\n", File.ReadAllText(rejects));
        Assert.Equal(_folder["data"], _cli.OpenedFolder);

        Assert.Equal(0, _cli.Run("import", "events", _folder["e.csv"], "--json"));
        var line = JsonDocument.Parse(_cli.Output).RootElement;
        Assert.Equal("data", line.GetProperty("target").GetString());
        Assert.Equal((0, 3), (line.GetProperty("report").GetProperty("eventsAccepted").GetInt32(), line.GetProperty("report").GetProperty("eventsDuplicate").GetInt32()));
        Assert.Equal(1, line.GetProperty("report").GetProperty("rejected").GetProperty("itemId").GetInt32());
    }

    [Fact]
    public void Strict_fails_with_the_line_and_imports_nothing()
    {
        Assert.Equal(1, _cli.Run("import", "events", _folder.Write("e.csv", Events), "--strict"));
        Assert.Contains("line 5", _cli.Error);
        Assert.Empty(_cli.Recommender.Events);
        Assert.DoesNotContain("   at ", _cli.Error);
    }

    [Fact]
    public void Every_option_of_an_event_import_arrives()
    {
        var path = _folder.Write("log.txt", "x;i1;3\nx;i2;1\n");
        Assert.Equal(0, _cli.Run(
            "import", "events", path, "--format", "csv", "--delimiter", ";", "--columns", "who,what,n", "--map", "userId=who", "-m", "itemId=what",
            "--type", "purchase", "--order", "n", "--end", "2020-01-01T00:00:10Z", "--encoding", "latin1"));
        Assert.Equal([("i2", 9), ("i1", 10)], _cli.Recommender.Events.Select(e => (e.ItemId, e.Timestamp!.Value.Second)));
        Assert.All(_cli.Recommender.Events, e => Assert.Equal(InteractionType.Purchase, e.Type));
        Assert.Equal(0, _cli.Run("import", "events", _folder.Write("e.csv", Events), "--unknown-items", "reject"));
        Assert.Contains("unknown item", _cli.Output);
    }

    [Fact]
    public void A_movielens_folder_takes_labels_and_an_end()
    {
        _folder.Write("movies.dat", "1::A (1995)::X\n");
        _folder.Write("events.tsv", "user_id\titem_id\tposition\tlabel\n1\t1\t0\t1\n");
        Assert.Equal(0, _cli.Run("import", "movielens", _folder.Root, "--label-map", "1=like:2", "--end", "2003-02-28"));
        var e = Assert.Single(_cli.Recommender.Events);
        Assert.Equal((InteractionType.Like, 2.0, 2003), (e.Type, e.Weight, e.Timestamp!.Value.Year));
    }

    [Theory]
    [InlineData("import events", "recs import events FILE")]
    [InlineData("import events x.csv --type stare", "--type was 'stare'")]
    [InlineData("import events x.csv --end 2020-01-01", "--end goes with --order")]
    [InlineData("import events x.csv --order n --end soon", "'soon' is no time")]
    [InlineData("import events x.csv --map who", "--map was 'who'")]
    [InlineData("import events x.csv --unknown-items ignore", "ignore")]
    [InlineData("import movielens x --label-map 1:like", "--label-map was '1:like'")]
    [InlineData("recommend", "recs recommend USER")]
    [InlineData("recommend u --data a --server http://x", "exclude each other")]
    [InlineData("recommend u --server x", "--server was 'x'")]
    [InlineData("recommend u --count many", "many")]
    [InlineData("recommend u --frobnicate", "--frobnicate")]
    [InlineData("batch --to f --server http://x", "--users FILE")]
    [InlineData("backup", "--to")]
    [InlineData("nonsense", "nonsense")]
    public void A_wrong_command_line_is_a_usage_error_that_says_what(string line, string expected)
    {
        Assert.Equal(2, _cli.Run(line.Split(' ')));
        Assert.Contains(expected, _cli.Error);
        Assert.Contains("--help", _cli.Error);
        Assert.Null(_cli.OpenedFolder);
    }

    [Theory]
    [InlineData("import events missing.csv", "cannot be read")]
    [InlineData("import movielens missing", "no folder 'missing'")]
    [InlineData("recommend u --data missing", "no data folder 'missing'")]
    [InlineData("train --data missing", "no data folder 'missing'")]
    [InlineData("models --data missing", "no data folder 'missing'")]
    [InlineData("backup --data missing --to x", "no data folder 'missing'")]
    [InlineData("restore --from missing --to x", "no folder 'missing'")]
    [InlineData("user nobody --server http://localhost", "no user 'nobody'")]
    [InlineData("similar nothing --server http://localhost", "no item 'nothing'")]
    [InlineData("recommend u --server http://localhost --filter =", "filter")]
    [InlineData("forget u --server http://localhost", "say --yes")]
    [InlineData("batch --to f --server http://localhost --users missing", "missing")]
    public void What_cannot_be_done_fails_in_one_sentence(string line, string expected)
    {
        Assert.Equal(1, _cli.Run(line.Split(' ')));
        Assert.Contains(expected, _cli.Error);
        Assert.StartsWith("recs: ", _cli.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _cli.Error);
        Assert.Equal("", _cli.Output);
    }

    [Fact]
    public void Without_a_command_the_help_is_shown()
    {
        Assert.Equal(0, _cli.Run());
        foreach (var command in new[] { "import", "train", "models", "recommend", "similar", "user", "forget", "batch", "simulate", "status", "backup", "restore" })
            Assert.Contains($"  {command}", _cli.Output);
    }

    [Fact]
    public void A_held_data_folder_points_to_the_server()
    {
        _cli.OpenFailure = new RecommenderException(RefusalKind.Conflict, "Process 12 has the folder.");
        Assert.Equal(1, _cli.Run("status", "--data", _folder.Root));
        Assert.Contains("Process 12 has the folder. If that is a server, work through it with --server URL.", _cli.Error);
    }

    [Fact]
    public void Ctrl_c_ends_in_a_sentence()
    {
        _cli.OpenFailure = new OperationCanceledException();
        Assert.Equal(1, _cli.Run("status", "--data", _folder.Root));
        Assert.Contains("Stopped.", _cli.Error);
    }

    [Fact]
    public void A_page_is_shown_as_a_table_or_as_the_apis_json()
    {
        _cli.Run("import", "items", _folder.Write("i.csv", Items));
        Assert.Equal(0, _cli.Run("recommend", "u1", "--data", _folder.Root, "--count", "5", "--filter", "category = \"Home\""));
        Assert.Contains("[Cup]", _cli.Output);
        Assert.Contains("Popular [now]", _cli.Output);
        Assert.DoesNotContain("Green tea", _cli.Output);
        Assert.Equal(0, _cli.Run("similar", "a", "--data", _folder.Root, "--json"));
        var page = JsonDocument.Parse(_cli.Output).RootElement;
        Assert.Equal("b", page.GetProperty("items")[0].GetProperty("id").GetString());
        Assert.DoesNotContain('\u001b', _cli.Output + _cli.Error);
    }

    [Fact]
    public void A_user_can_be_looked_at_and_forgotten()
    {
        _cli.Run("import", "events", _folder.Write("e.csv", Events));
        Assert.Equal(0, _cli.Run("user", "u1", "--data", _folder.Root));
        Assert.Contains("purchase 1", _cli.Output);
        Assert.Contains("[Comedy] 75 %", _cli.Output);
        Assert.Equal(0, _cli.Run("forget", "u1", "--yes", "--data", _folder.Root, "--json"));
        Assert.Equal(2, JsonDocument.Parse(_cli.Output).RootElement.GetProperty("eventsRemoved").GetInt32());
        Assert.Equal(1, _cli.Run("user", "u1", "--data", _folder.Root));
    }

    [Fact]
    public void Training_passes_its_options_on_and_shows_metrics_and_folder()
    {
        Assert.Equal(0, _cli.Run("train", "--data", _folder.Root, "--rank", "32", "--epochs", "3", "--lambda", "0.02", "--seed", "9"));
        Assert.Equal((32, 3, 0.02, 9), (_cli.Trained!.Rank, _cli.Trained.Epochs, _cli.Trained.Lambda, _cli.Trained.Seed));
        Assert.Equal(new Recs.Training.TrainingOptions { DataDirectory = "x" }.Neighbours, _cli.Trained.Neighbours);
        Assert.Contains("0.3142", _cli.Output);
        Assert.Contains("20260101-000000-abcdef", _cli.Output);
    }

    [Fact]
    public void The_key_comes_from_the_option_or_the_environment()
    {
        Assert.Equal(0, _cli.Run("status", "--server", "http://localhost:8080"));
        Assert.Equal((new Uri("http://localhost:8080"), "key-from-environment"), _cli.OpenedServer);
        Assert.Equal(0, _cli.Run("models", "--server", "http://localhost:8080", "--api-key", "given"));
        Assert.Equal("given", _cli.OpenedServer!.Value.Key);
        Assert.Contains("ndcg@10 0.2500", _cli.Output);
    }

    [Fact]
    public void A_batch_appears_whole_in_either_format()
    {
        _cli.Run("import", "items", _folder.Write("i.csv", Items));
        var users = _folder.Write("users.txt", "u1\n\n\"u,2\"\r\nu1\n");
        Assert.Equal(0, _cli.Run("batch", "--to", _folder["out.csv"], "--users", users, "--server", "http://localhost", "-n", "2"));
        Assert.Equal(
            "userId,rank,itemId,score\nu1,1,a,1\nu1,2,b,0.5\n\"\"\"u,2\"\"\",1,a,1\n\"\"\"u,2\"\"\",2,b,0.5\n", File.ReadAllText(_folder["out.csv"]));
        Assert.Equal(0, _cli.Run("batch", "--to", _folder["out.jsonl"], "--users", users, "--server", "http://localhost", "-n", "1"));
        Assert.Equal("{\"userId\":\"u1\",\"items\":[{\"id\":\"a\",\"score\":1}]}", File.ReadLines(_folder["out.jsonl"]).First());
        Assert.Empty(Directory.GetFiles(_folder.Root, "*.partial"));
    }

    [Fact]
    public void A_simulated_world_comes_in_once()
    {
        string[] line = ["simulate", "--items", "200", "--users", "20", "--days", "3", "--end", "2026-01-01", "--json"];
        Assert.Equal(0, _cli.Run(line));
        var first = JsonDocument.Parse(_cli.Output).RootElement.GetProperty("eventsAccepted").GetInt64();
        Assert.True(first > 0);
        Assert.Equal(first, _cli.Recommender.Events.Count);
        Assert.Equal(0, _cli.Run(line));
        Assert.Equal(first, JsonDocument.Parse(_cli.Output).RootElement.GetProperty("eventsDuplicate").GetInt64());
    }
}
