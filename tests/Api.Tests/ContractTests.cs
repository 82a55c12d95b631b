namespace Recs.Api.Tests;

/// <summary>Each endpoint's shape, as docs/http.md states it.</summary>
public sealed class ContractTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        await _api.AddItemsAsync("a", "b", "c");
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task A_page_has_exactly_the_documented_members()
    {
        var reply = await _api.GetAsync("/v1/users/u1/recommendations?count=1");
        Assert.Equal(
            """{"requestId":"r1","userId":"u1","sequence":0,"modelVersion":"m","items":[{"id":"a","title":"Title a","score":0.5,"sources":["trending"],"reason":"Trending now"}],"degraded":["trending"],"timings":{"sessionMs":0.1,"retrieveMs":0.2,"mergeMs":0.3,"rankMs":0.4,"policyMs":0.5,"totalMs":1.5}}""",
            reply.Ok().ToJsonString());
    }

    [Fact]
    public async Task Every_query_parameter_reaches_the_page_request()
    {
        await _api.PostAsync("/v1/events", """[{"userId":"u 1","itemId":"a","type":"click"}]""");
        (await _api.GetAsync(
            "/v1/users/u%201/recommendations?count=7&surface=cart&exclude=x,y%2Cz&exclude=w&after=1&explain=true&whyNot=q&includeSeen=true&deadlineMs=250")).Ok();
        var request = Assert.IsType<PageRequest>(_api.Recommender.Requests.Last());
        Assert.Equal("u 1", request.UserId);
        Assert.Equal(7, request.Count);
        Assert.Equal("cart", request.Surface);
        Assert.Equal(["x", "y,z", "w"], request.Exclude);
        Assert.Equal(1, request.After);
        Assert.True(request.Explain);
        Assert.Equal(["q"], request.WhyNot);
        Assert.True(request.IncludeSeen);
        Assert.Equal(TimeSpan.FromMilliseconds(250), request.Deadline);
    }

    [Fact]
    public async Task An_explained_page_carries_features_rules_and_the_trace()
    {
        var page = (await _api.GetAsync("/v1/users/u/recommendations?count=1&explain=true&whyNot=zz")).Ok();
        Assert.Equal(
            """{"sourceScores":{"trending":0.5},"rankScore":0.25,"rankedAt":0,"features":[{"name":"popularity","value":2,"contribution":0.125}],"rules":["cap: category"]}""",
            page["items"]![0]!["explanation"]!.ToJsonString());
        Assert.Equal(
            """{"sources":[{"source":"trending","candidates":3,"ms":0.5,"late":false}],"candidates":3,"eligible":3,"whyNot":[{"itemId":"zz","stage":"catalog","detail":"There is no such item."}]}""",
            page["explanation"]!.ToJsonString());
    }

    [Fact]
    public async Task Similar_leaves_the_item_out_and_trending_is_for_nobody()
    {
        var similar = (await _api.GetAsync("/v1/items/a/similar?exclude=c&userId=u9")).Ok();
        Assert.Equal(["b"], similar["items"]!.AsArray().Select(i => (string)i!["id"]!));
        Assert.Equal("u9", Assert.IsType<SimilarRequest>(_api.Recommender.Requests.Last()).UserId);

        var trending = (await _api.GetAsync("/v1/trending?count=2")).Ok();
        Assert.Equal(2, trending["items"]!.AsArray().Count);
        Assert.True(trending.AsObject().ContainsKey("userId"));
        Assert.Null(trending["userId"]);
    }

    [Fact]
    public async Task Events_are_received_in_every_type_and_with_every_member()
    {
        var types = new[] { "impression", "view", "click", "addToCart", "purchase", "like", "dislike", "hide", "rating" };
        var events = string.Join(",", types.Select((t, i) =>
            $$"""{"userId":"u","itemId":"a","type":"{{t}}","eventId":"e{{i}}","timestamp":"2026-03-01T12:00:00+02:00","weight":2.5,"revenue":9.99,"requestId":"r1"}"""));
        var receipt = (await _api.PostAsync("/v1/events", $"[{events}]")).Ok();
        Assert.Equal("""{"accepted":9,"duplicates":0,"sequences":{"u":9}}""", receipt.ToJsonString());

        var (sent, import) = ((IReadOnlyList<Interaction>, ImportRows?))_api.Recommender.Requests.Last();
        Assert.Null(import);
        Assert.Equal(Enum.GetValues<InteractionType>(), sent.Select(e => e.Type));
        Assert.Equal(new Interaction
        {
            UserId = "u",
            ItemId = "a",
            Type = InteractionType.Impression,
            EventId = "e0",
            Weight = 2.5,
            Revenue = 9.99,
            RequestId = "r1",
            Timestamp = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2)),
        }, sent[0]);

        var again = (await _api.PostAsync("/v1/events", $"[{events}]")).Ok();
        Assert.Equal("""{"accepted":0,"duplicates":9,"sequences":{"u":9}}""", again.ToJsonString());
    }

    [Fact]
    public async Task An_import_names_its_rows()
    {
        const string Row = """[{"userId":"u","itemId":"a","type":"view"}]""";
        (await _api.PostAsync("/v1/events?importSource=sha-1&importFirstRow=0", Row)).Ok();
        var again = (await _api.PostAsync("/v1/events?importSource=sha-1&importFirstRow=0", Row)).Ok();
        Assert.Equal(1, (int)again["duplicates"]!);
        (await _api.PostAsync("/v1/events?importSource=sha-1&importFirstRow=5", Row)).Problem(409);
        (await _api.PostAsync("/v1/events?importSource=sha-1", Row)).Problem(400);
        (await _api.PostAsync("/v1/events?importFirstRow=0", Row)).Problem(400);
    }

    [Fact]
    public async Task An_item_comes_back_as_it_was_put()
    {
        const string Body =
            """{"id":"i/1","title":"Één","categories":["books"],"tags":["t1","t2"],"price":12.5,"available":false,"createdAt":"2026-03-01T12:00:00+00:00","attributes":{"colour":"red","pages":320,"signed":true,"langs":["nl","en"]}}""";
        var receipt = (await _api.SendAsync(HttpMethod.Put, "/v1/items/i%2F1", Body)).Ok();
        Assert.Equal("""{"added":1,"replaced":0,"unchanged":0,"catalogVersion":2}""", receipt.ToJsonString());
        Assert.Equal(Body, (await _api.GetAsync("/v1/items/i%2F1")).Text);

        var deleted = await _api.SendAsync(HttpMethod.Delete, "/v1/items/i%2F1");
        Assert.Equal((204, ""), (deleted.Status, deleted.Text));
        Assert.Equal("id", (string?)(await _api.GetAsync("/v1/items/i%2F1")).Problem(404)["field"]);
        (await _api.SendAsync(HttpMethod.Delete, "/v1/items/i%2F1")).Problem(404);
    }

    [Fact]
    public async Task A_put_item_takes_its_id_from_the_path_and_refuses_another()
    {
        (await _api.SendAsync(HttpMethod.Put, "/v1/items/x", """{"title":"X"}""")).Ok();
        Assert.Equal("X", (string?)(await _api.GetAsync("/v1/items/x")).Ok()["title"]);
        var problem = (await _api.SendAsync(HttpMethod.Put, "/v1/items/x", """{"id":"y"}""")).Problem(400);
        Assert.Equal("id", (string?)problem["field"]);
    }

    [Fact]
    public async Task Items_in_bulk_are_all_or_nothing()
    {
        var receipt = (await _api.PostAsync("/v1/items", """[{"id":"d"},{"id":"a","title":"A"}]""")).Ok();
        Assert.Equal("""{"added":1,"replaced":1,"unchanged":0,"catalogVersion":2}""", receipt.ToJsonString());
        var before = _api.Recommender.Writes;
        var problem = (await _api.PostAsync("/v1/items", """[{"id":"e"},{"id":"f","price":-1}]""")).Problem(400);
        Assert.Equal(("price", "-1", 1), ((string?)problem["field"], (string?)problem["value"], (int?)problem["index"]));
        Assert.Equal(before, _api.Recommender.Writes);
    }

    [Fact]
    public async Task A_user_is_shown_merged_and_forgotten()
    {
        (await _api.GetAsync("/v1/users/nobody")).Problem(404);
        (await _api.PostAsync("/v1/events", """[{"userId":"g","itemId":"a","type":"addToCart"}]""")).Ok();
        var merged = (await _api.PostAsync("/v1/users/u/merge", """{"guestId":"g"}""")).Ok();
        Assert.Equal("""{"guestId":"g","targetId":"u","sequence":1,"mergedEvents":1,"alreadyMerged":false}""", merged.ToJsonString());
        var profile = (await _api.GetAsync("/v1/users/u")).Ok();
        Assert.Equal("""{"addToCart":1}""", profile["counts"]!.ToJsonString());
        Assert.Equal("addToCart", (string?)profile["recent"]![0]!["type"]);
        var forgotten = (await _api.SendAsync(HttpMethod.Delete, "/v1/users/u")).Ok();
        Assert.Equal(
            """{"userId":"u","ids":["u"],"eventsRemoved":1,"impressionsRemoved":0,"filesRewritten":1,"bytesSearched":100,"remaining":0}""",
            forgotten.ToJsonString());
    }

    [Fact]
    public async Task Models_and_figures_are_for_people_and_scripts()
    {
        Assert.Equal(
            """{"models":[{"version":"20260301-000000-abcdef","createdAt":"1970-01-01T00:00:00+00:00","state":"active","items":5,"trainedEvents":7,"metrics":{"recall@20":0.5},"problem":null}]}""",
            (await _api.GetAsync("/v1/models")).Text);
        var status = (await _api.GetAsync("/v1/status")).Ok();
        Assert.Equal(90, (double)status["modelFreshnessSeconds"]!);
        Assert.Equal("""{"count":1,"p50Ms":2,"p90Ms":3,"p99Ms":4}""", status["stages"]!["page"]!.ToJsonString());
    }

    [Fact]
    public async Task Health_tells_live_from_ready()
    {
        Assert.Equal("""{"status":"live"}""", (await _api.GetAsync("/health/live")).Text);
        Assert.Equal("""{"status":"ready"}""", (await _api.GetAsync("/health/ready")).Text);
        _api.Recommender.Failure = new RecommenderException(RefusalKind.NotReady, "Still starting.");
        (await _api.GetAsync("/health/live")).Ok();
        var reply = await _api.GetAsync("/health/ready");
        Assert.Contains("45 %", (string?)reply.Problem(503)["detail"], StringComparison.Ordinal);
        Assert.Equal("1", reply.Headers.GetValues("Retry-After").Single());
    }

    [Fact]
    public async Task A_head_request_has_the_length_and_no_body()
    {
        var reply = await _api.SendAsync(HttpMethod.Head, "/v1/trending");
        Assert.Equal((200, ""), (reply.Status, reply.Text));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("100%25", "100%")]
    [InlineData("%C3%A9t%C3%A9+1", "été+1")]
    [InlineData("a%20b", "a b")]
    [InlineData("a%3Fb%23c", "a?b#c")]
    public async Task Ids_in_paths_are_decoded_once(string segment, string id)
    {
        await using var api = await ApiHost.StartAsync(url: "http://127.0.0.1:0");
        await api.AddItemsAsync(id);
        Assert.Equal(id, (string?)(await api.GetAsync("/v1/items/" + segment)).Ok()["id"]);
        (await api.GetAsync($"/v1/items/{segment}/similar?count=1")).Ok();
        Assert.Equal(id, Assert.IsType<SimilarRequest>(api.Recommender.Requests.Last()).ItemId);
    }

    [Fact]
    public async Task Everything_can_live_below_a_prefix()
    {
        await using var api = await ApiHost.StartAsync(new RecommenderApiOptions { Prefix = "/recs" });
        await api.AddItemsAsync("a/b");
        (await api.GetAsync("/recs/v1/trending")).Ok();
        Assert.Equal("a/b", (string?)(await api.GetAsync("/recs/v1/items/a%2Fb")).Ok()["id"]);
        Assert.Equal(404, (await api.GetAsync("/v1/trending")).Status);
    }
}
