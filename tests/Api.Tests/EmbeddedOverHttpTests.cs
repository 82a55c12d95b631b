using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Api.Tests;

/// <summary>The real recommender behind the API.</summary>
public sealed class EmbeddedOverHttpTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-http-").FullName;
    private EmbeddedRecommender _recommender = null!;
    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _recommender = new EmbeddedRecommender(
            new RecommenderOptions { DataDirectory = _folder, Spaces = [new VectorSpace("text", 16, SpaceMetric.Cosine)] }, TimeProvider.System, NullLoggerFactory.Instance);
        _api = await ApiHost.StartAsync(real: _recommender);
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _recommender.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Before_it_has_started_callers_are_told_to_try_again()
    {
        var reply = await _api.GetAsync("/v1/trending");
        Assert.Equal("urn:orleans-recs:problem:not-ready", (string?)reply.Problem(503)["type"]);
        Assert.NotNull(reply.Headers.RetryAfter);
        (await _api.GetAsync("/health/ready")).Problem(503);
        (await _api.GetAsync("/health/live")).Ok();
        Assert.False((bool)(await _api.GetAsync("/v1/status")).Ok()["ready"]!);
    }

    [Fact]
    public async Task A_click_is_in_the_next_page_asked_for_with_its_sequence()
    {
        await _recommender.StartAsync();
        (await _api.PostAsync("/v1/items",
            """[{"id":"a","categories":["books"]},{"id":"b","categories":["books"],"price":3},{"id":"c","categories":["games"],"price":30}]""")).Ok();
        var receipt = (await _api.PostAsync("/v1/events",
            """[{"userId":"ann","itemId":"a","type":"purchase"},{"userId":"ann","itemId":"c","type":"hide"}]""")).Ok();
        Assert.Equal(2, (long)receipt["sequences"]!["ann"]!);

        var page = (await _api.GetAsync("/v1/users/ann/recommendations?after=2&deadlineMs=5000&explain=true&whyNot=c")).Ok();
        Assert.Equal(2, (long)page["sequence"]!);
        Assert.Equal(["b"], page["items"]!.AsArray().Select(i => (string)i!["id"]!));
        Assert.Equal("c", (string?)page["explanation"]!["whyNot"]![0]!["itemId"]);
        (await _api.GetAsync("/v1/users/ann/recommendations?after=3")).Problem(400);

        var cheap = (await _api.GetAsync("/v1/users/bob/recommendations?deadlineMs=5000&filter=" + Uri.EscapeDataString("price < 10"))).Ok();
        Assert.Equal(["b"], cheap["items"]!.AsArray().Select(i => (string)i!["id"]!));
        Assert.Equal("filter", (string?)(await _api.GetAsync("/v1/trending?filter=price%20%3C")).Problem(400)["field"]);

        Assert.Equal(204, (await _api.SendAsync(HttpMethod.Delete, "/v1/items/b")).Status);
        Assert.Empty((await _api.GetAsync("/v1/users/bob/recommendations?deadlineMs=5000&exclude=a,c")).Ok()["items"]!.AsArray());

        Assert.Equal(0, (long)(await _api.SendAsync(HttpMethod.Delete, "/v1/users/ann")).Ok()["remaining"]!);
        (await _api.GetAsync("/v1/users/ann")).Problem(404);
    }

    [Fact]
    public async Task Vectors_come_back_as_they_were_put_and_lead_to_the_nearest()
    {
        static string Vector(string first) => $"[{first}{string.Concat(Enumerable.Repeat(",0", 14))}]";

        await _recommender.StartAsync();
        // Cosines with a: b 0.6, c 0.8.
        (await _api.PostAsync("/v1/items",
            $$$"""[{"id":"a","vectors":{"text":{{{Vector("0.1,0")}}}}},{"id":"b","vectors":{"text":{{{Vector("3,4")}}}}},{"id":"c","vectors":{"text":{{{Vector("4e0,-3")}}}}},{"id":"d"}]""")).Ok();
        var vector = (await _api.GetAsync("/v1/items/a")).Ok()["vectors"]!["text"]!.AsArray();
        Assert.Equal((16, 0.1f), (vector.Count, (float)vector[0]!));
        Assert.False((await _api.GetAsync("/v1/items/d")).Ok().AsObject().ContainsKey("vectors"));

        var page = (await _api.GetAsync("/v1/items/a/similar?space=text&explain=true&deadlineMs=5000")).Ok();
        Assert.Equal(["c", "b"], page["items"]!.AsArray().Select(i => (string)i!["id"]!));
        Assert.Equal(0.8, (double)page["items"]![0]!["explanation"]!["sourceScores"]!["vectors:text"]!, 5);
        (await _api.SendAsync(HttpMethod.Put, "/v1/items/c", """{"vectors":{"text":null}}""")).Ok();
        Assert.Equal("b", (string)Assert.Single((await _api.GetAsync("/v1/items/a/similar?space=text&deadlineMs=5000")).Ok()["items"]!.AsArray())!["id"]!);
        Assert.Equal(2, (int)(await _api.GetAsync("/v1/status")).Ok()["spaces"]![0]!["vectors"]!);

        Assert.Equal("itemId", (string?)(await _api.GetAsync("/v1/items/c/similar?space=text")).Problem(404)["field"]);
        Assert.Equal("text", (string?)(await _api.GetAsync("/v1/items/a/similar?space=sound")).Problem(400)["legal"]);
        foreach (var (bad, field) in new[]
        {
            ("""{"text":[1,2,3]}""", "vectors.text"),
            ($$"""{"text":{{Vector("1,\"2\"")}}}""", "vectors.text[1]"),
            ($$"""{"text":{{Vector("1,1e39")}}}""", "vectors.text[1]"),
            ("""{"text":"AAAA"}""", "vectors.text"),
            ("""{"text":null,"text":null}""", "vectors.text"),
            ("""[1]""", "vectors"),
        })
        {
            Assert.Equal(field, (string?)(await _api.SendAsync(HttpMethod.Put, "/v1/items/b", $$"""{"vectors":{{bad}}}""")).Problem(400)["field"]);
        }
    }

    [Fact]
    public async Task Rules_hold_from_the_call_that_sets_them()
    {
        await _recommender.StartAsync();
        (await _api.PostAsync("/v1/items", """[{"id":"a"},{"id":"b"},{"id":"c"}]""")).Ok();
        var put = (await _api.SendAsync(HttpMethod.Put, "/v1/rules", """{"rules":[{"name":"first","action":"pin","item":"c","position":1}]}""")).Ok();
        Assert.Equal("first", (string?)put["rules"]![0]!["name"]);
        Assert.Equal("c", (string?)(await _api.GetAsync("/v1/users/u/recommendations?deadlineMs=5000")).Ok()["items"]![0]!["id"]);

        foreach (var bad in new[]
        {
            """{"rules":[{"name":"first","action":"push","item":"c"}]}""", """{"rules":[{"name":"","action":"pin","item":"c"}]}""",
            """{"rules":[{"name":"n","action":"pin","item":"c","place":1}]}""", """{"rules":[null]}""", """{"rules":"none"}""", "{}", "[]", "null",
            """{"rules":[{"name":"n","action":"bury","filter":"price <"}]}""", """{"rules":[],}""", """{"rules":[{"name":"n","action":"bury","item":"\ud800"}]}""",
        })
            (await _api.SendAsync(HttpMethod.Put, "/v1/rules", bad)).Problem(400);
        Assert.Equal(put.ToJsonString(), (await _api.GetAsync("/v1/rules")).Ok().ToJsonString());
    }
}
