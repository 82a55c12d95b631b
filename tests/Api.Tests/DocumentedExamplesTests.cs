using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Api.Tests;

/// <summary>Every curl line of docs/http.md works, in the order in which a reader meets them.</summary>
public sealed class DocumentedExamplesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-docs-").FullName;
    private EmbeddedRecommender _recommender = null!;

    public async Task InitializeAsync()
    {
        _recommender = new EmbeddedRecommender(
            new RecommenderOptions { DataDirectory = _folder, Spaces = [new VectorSpace("text", 16, SpaceMetric.Cosine)] }, TimeProvider.System, NullLoggerFactory.Instance);
        await _recommender.StartAsync();
        await _recommender.UpsertItemsAsync([new Item { Id = "item-00042", Title = "The answer", Price = 5 }]);
        await _recommender.ObserveAsync([.. Enumerable.Range(0, 7).Select(
            _ => new Interaction { UserId = "ann", ItemId = "item-00042", Type = InteractionType.View })]);
        await _recommender.ObserveAsync([new Interaction { UserId = "guest-7f3", ItemId = "item-00042", Type = InteractionType.Like }]);
    }

    public async Task DisposeAsync()
    {
        await _recommender.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Every_documented_call_is_answered()
    {
        await using var api = await ApiHost.StartAsync(real: _recommender);
        var calls = Calls(await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "http.md"))).ToList();
        Assert.True(calls.Count >= 15, $"{calls.Count} calls found");
        foreach (var (method, path, body) in calls)
        {
            var reply = await api.SendAsync(method, path, body);
            // The host of this test has nothing to reload models with.
            Assert.True(reply.Status is 200 or 204 || path == "/v1/models/reload", $"{method} {path} {body} -> {reply.Status} {reply.Text}");
        }
    }

    private static IEnumerable<(HttpMethod Method, string Path, string? Body)> Calls(string markdown)
    {
        foreach (var block in markdown.Split("```sh\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]))
        {
            var words = Words(block);
            for (var i = 0; i < words.Count; i++)
            {
                if (words[i] != "curl")
                    continue;
                string? url = null, method = null, body = null;
                for (i++; i < words.Count && words[i] != "curl" && words[i] != "dotnet"; i++)
                    switch (words[i])
                    {
                        case "-X": method = words[++i]; break;
                        case "-H": i++; break;
                        case "-d": body = words[++i]; break;
                        default: url = words[i]; break;
                    }
                i--;
                if (url!.StartsWith("http://localhost:8080", StringComparison.Ordinal))
                    yield return (new HttpMethod(method ?? (body is null ? "GET" : "POST")), url["http://localhost:8080".Length..], body);
            }
        }
    }

    /// <summary>Words of a shell, as far as the page uses it: blanks, and single quotes without escapes.</summary>
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quoted = false;
        foreach (var c in text)
        {
            if (c == '\'')
                quoted = !quoted;
            else if (quoted || !char.IsWhiteSpace(c))
                word.Append(c);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
        return words;
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orleans.Recs.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The solution's folder is not above the tests.");
        return folder;
    }
}
