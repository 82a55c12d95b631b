using System.Globalization;
using System.Text.Json.Nodes;

namespace Recs.Api.Tests;

/// <summary>The document says what the server does.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task Every_operation_is_described_with_its_query_its_shapes_and_its_errors()
    {
        await using var api = await ApiHost.StartAsync();
        var document = (await api.GetAsync("/openapi/v1.json")).Ok();
        Assert.Equal("3.1.1", (string?)document["openapi"]);
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(m => (path.Key, Method: m.Key, Node: m.Value!))).ToList();
        Assert.Equal(19, operations.Count);
        foreach (var (path, method, node) in operations)
        {
            Assert.False(string.IsNullOrEmpty((string?)node["summary"]), $"{method} {path}");
            Assert.Contains(node["responses"]!.AsObject(), r => r.Key.StartsWith('2'));
            Assert.Contains(node["responses"]!.AsObject(), r => r.Key == "503");
        }
        Assert.Equal(operations.Count, operations.Select(o => (string?)o.Node["operationId"]).Distinct().Count());
        var query = document["paths"]!["/v1/users/{id}/recommendations"]!["get"]!["parameters"]!.AsArray().Select(p => (string?)p!["name"]);
        Assert.Equal(["id", "count", "surface", "filter", "exclude", "after", "explain", "whyNot", "includeSeen", "deadlineMs"], query);
    }

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        await using var api = await ApiHost.StartAsync();
        var document = (await api.GetAsync("/openapi/v1.json")).Ok();
        var references = References(document).ToList();
        Assert.NotEmpty(references);
        foreach (var reference in references)
        {
            JsonNode? node = document;
            foreach (var step in reference.Split('/')[1..])
                node = node is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)] : node?[step];
            Assert.True(node is not null, reference);
        }
    }

    [Fact]
    public async Task Shapes_are_the_ones_that_are_served()
    {
        await using var api = await ApiHost.StartAsync();
        await api.AddItemsAsync("a");
        var schemas = (await api.GetAsync("/openapi/v1.json")).Ok()["components"]!["schemas"]!;
        var page = (await api.GetAsync("/v1/trending")).Ok().AsObject();
        Assert.Equal(
            schemas["Page"]!["properties"]!.AsObject().Select(p => p.Key).Where(k => k != "explanation").Order(), page.Select(p => p.Key).Order());
        var status = (await api.GetAsync("/v1/status")).Ok().AsObject();
        Assert.Equal(schemas["RecommenderStatus"]!["properties"]!.AsObject().Select(p => p.Key).Order(), status.Select(p => p.Key).Order());
        var item = (await api.GetAsync("/v1/items/a")).Ok().AsObject();
        Assert.Equal(schemas["Item"]!["properties"]!.AsObject().Select(p => p.Key).Where(k => k != "vectors").Order(), item.Select(p => p.Key).Order());
        Assert.Equal(
            ["eventId", "itemId", "requestId", "revenue", "timestamp", "type", "userId", "weight"],
            schemas["Event"]!["properties"]!.AsObject().Select(p => p.Key).Order());
        Assert.Equal(9, schemas["Event"]!["properties"]!["type"]!["enum"]!.AsArray().Count);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key == "$ref" ? [(string)p.Value!] : References(p.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };
}
