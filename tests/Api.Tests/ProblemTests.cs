using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Recs.Api.Tests;

/// <summary>Every way to be refused: what the problem says, and that nothing changed.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync(new RecommenderApiOptions { MaxBodyBytes = 64 << 10, MaxQueryLength = 2048 });
        await _api.AddItemsAsync("a", "b", "c");
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Theory]
    [InlineData("count=0", "count", "0", "1 to 200")]
    [InlineData("count=201", "count", "201", "1 to 200")]
    [InlineData("count=ten", "count", "ten", "1 to 200")]
    [InlineData("count=1&count=2", "count", "given twice", "one value")]
    [InlineData("after=-1", "after", "-1", "0 or more")]
    [InlineData("after=99", "after", "99", "0 to 0")]
    [InlineData("after=99999999999999999999", "after", "99999999999999999999", "0 or more")]
    [InlineData("explain=1", "explain", "1", "true or false")]
    [InlineData("deadlineMs=0", "deadlineMs", "0", "1 to 10000")]
    [InlineData("Count=5", "query", "Count", "count, surface, filter")]
    [InlineData("limit=5", "query", "limit", "count, surface, filter")]
    [InlineData("surface=%FF", "surface", "%FF", "percent-encoded")]
    public async Task A_bad_query_names_parameter_value_and_range(string query, string field, string value, string legal)
    {
        var problem = (await _api.GetAsync("/v1/users/u/recommendations?" + query)).Problem(400);
        Assert.Equal(field, (string?)problem["field"]);
        Assert.Contains(value, (string?)problem["value"], StringComparison.Ordinal);
        Assert.Contains(legal, (string?)problem["legal"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_without_a_query_takes_none() =>
        Assert.Equal("no query parameter", (string?)(await _api.GetAsync("/v1/models?x=1")).Problem(400)["legal"]);

    [Fact]
    public async Task A_query_beyond_its_bound_is_414_and_says_the_bound() =>
        Assert.Equal("up to 2048 characters",
            (string?)(await _api.GetAsync("/v1/trending?filter=" + new string('a', 3000))).Problem(414)["legal"]);

    [Fact]
    public async Task More_excluded_ids_than_allowed_are_413()
    {
        await using var api = await ApiHost.StartAsync();
        var ids = string.Join(',', Enumerable.Range(0, Limits.MaxExcluded + 1));
        Assert.Equal("up to 1000 values", (string?)(await api.GetAsync("/v1/trending?exclude=" + ids)).Problem(413)["legal"]);
    }

    [Theory]
    [InlineData("%20")]
    [InlineData("a%0Ab")]
    [InlineData("a%7Fb")]
    public async Task A_blank_or_control_character_is_no_id(string segment) =>
        Assert.Equal("id", (string?)(await _api.GetAsync($"/v1/users/{segment}/recommendations")).Problem(400)["field"]);

    [Fact]
    public async Task An_id_longer_than_its_bound_says_the_bound()
    {
        (await _api.GetAsync($"/v1/users/{new string('x', 128)}/recommendations")).Ok();
        var problem = (await _api.GetAsync($"/v1/users/{new string('x', 129)}/recommendations")).Problem(400);
        Assert.Contains("1 to 128", (string?)problem["legal"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click"},{"userId":"u","itemId":"a"}]""", "type", 1, "impression, view, click, addToCart")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"Click"}]""", "type", 0, "click")]
    [InlineData("""[{"userId":"u","itemId":"a","type":2}]""", "type", 0, "click")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","weight":"1"}]""", "weight", 0, "without quotes")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","weight":1e999}]""", "weight", 0, "finite")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","weight":-1}]""", "weight", 0, "0 to 100")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","colour":"red"}]""", "colour", 0, "userId, itemId, type")]
    [InlineData("""[{"userId":"u","userId":"v","itemId":"a","type":"click"}]""", "userId", 0, "one value")]
    [InlineData("""[{"userId":1,"itemId":"a","type":"click"}]""", "userId", 0, "a text")]
    [InlineData("""[{"userId":null,"itemId":"a","type":"click"}]""", "userId", 0, "1 to 128")]
    [InlineData("""[{"userId":"\ud800","itemId":"a","type":"click"}]""", "userId", 0, "UTF-8")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","timestamp":"2026-03-01T12:00:00"}]""", "timestamp", 0, "offset")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","timestamp":1767225600}]""", "timestamp", 0, "ISO 8601")]
    [InlineData("""[{"userId":"u","itemId":"a","type":"click","timestamp":"1970-01-01T00:00:00Z"}]""", "timestamp", 0, "1990")]
    [InlineData("""["click"]""", "event", 0, "an object")]
    [InlineData("""[]""", "events", null, "1 to 1000")]
    [InlineData("""{"userId":"u","itemId":"a","type":"click"}""", "events", null, "an array")]
    public async Task A_bad_event_refuses_the_batch_and_names_index_and_field(string body, string field, int? index, string legal)
    {
        var before = _api.Recommender.Writes;
        var problem = (await _api.PostAsync("/v1/events", body)).Problem(400);
        Assert.Equal(field, (string?)problem["field"]);
        Assert.Equal(index, (int?)problem["index"]);
        Assert.Contains(legal, (string?)problem["legal"], StringComparison.Ordinal);
        Assert.Equal(before, _api.Recommender.Writes);
    }

    [Theory]
    [InlineData("""{"price":"5"}""", "price")]
    [InlineData("""{"available":"yes"}""", "available")]
    [InlineData("""{"tags":"x"}""", "tags")]
    [InlineData("""{"tags":[1]}""", "tags")]
    [InlineData("""{"categories":["a",null]}""", "categories")]
    [InlineData("""{"attributes":{"size":{"w":1}}}""", "attributes.size")]
    [InlineData("""{"attributes":{"size":null}}""", "attributes.size")]
    [InlineData("""{"attributes":{"size":1,"size":2}}""", "attributes.size")]
    [InlineData("""{"name":"X"}""", "name")]
    [InlineData("""[]""", "item")]
    public async Task A_bad_item_names_its_field(string body, string field)
    {
        var before = _api.Recommender.Writes;
        Assert.Equal(field, (string?)(await _api.SendAsync(HttpMethod.Put, "/v1/items/n", body)).Problem(400)["field"]);
        Assert.Equal(before, _api.Recommender.Writes);
    }

    [Theory]
    [InlineData("[\n  {\"userId\" \"u\"}]", 2, 13)]
    [InlineData("", 1, 1)]
    [InlineData("  ", 1, 1)]
    [InlineData("// no\n[]", 1, 1)]
    public async Task What_is_not_json_is_refused_with_its_place(string body, int line, int position)
    {
        var problem = (await _api.PostAsync("/v1/items", body)).Problem(400);
        Assert.Equal("urn:orleans-recs:problem:malformed-json", (string?)problem["type"]);
        Assert.Equal((line, position), ((int?)problem["line"], (int?)problem["position"]));
    }

    [Fact]
    public async Task Text_after_the_value_is_refused()
    {
        var before = _api.Recommender.Writes;
        var problem = (await _api.PostAsync("/v1/events", """[{"userId":"u","itemId":"a","type":"click"}] []""")).Problem(400);
        Assert.Equal("urn:orleans-recs:problem:malformed-json", (string?)problem["type"]);
        Assert.Equal(before, _api.Recommender.Writes);
    }

    [Fact]
    public async Task Nesting_has_a_bound() =>
        (await _api.PostAsync("/v1/events", new string('[', 100) + new string(']', 100))).Problem(400);

    [Fact]
    public async Task A_batch_beyond_its_bound_is_413_and_says_the_bound()
    {
        await using var api = await ApiHost.StartAsync();
        var one = """{"userId":"u","itemId":"a","type":"click"}""";
        (await api.PostAsync("/v1/events", $"[{string.Join(',', Enumerable.Repeat(one, 1000))}]")).Ok();
        var problem = (await api.PostAsync("/v1/events", $"[{string.Join(',', Enumerable.Repeat(one, 1001))}]")).Problem(413);
        Assert.Contains("1 to 1000", (string?)problem["legal"], StringComparison.Ordinal);
        Assert.Equal(1000, api.Recommender.Writes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_its_bound_is_413_with_or_without_a_length(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("[" + new string(' ', 70 << 10) + "]"))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await _api.Client.SendAsync(request);
        Assert.Equal("up to 65536 bytes", (string?)(await Reply.FromAsync(response)).Problem(413)["legal"]);
    }

    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/json; charset=utf-16", null)]
    [InlineData("application/json", "gzip")]
    [InlineData(null, null)]
    public async Task A_body_that_is_not_plain_json_is_415(string? type, string? encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent("[]"u8.ToArray()) };
        if (type is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null)
            request.Content.Headers.ContentEncoding.Add(encoding);
        using var response = await _api.Client.SendAsync(request);
        (await Reply.FromAsync(response)).Problem(415);
    }

    [Fact]
    public async Task An_unknown_route_and_an_unknown_method_say_so()
    {
        (await _api.GetAsync("/v1/nothing")).Problem(404);
        (await _api.GetAsync("/v1/users")).Problem(404);
        (await _api.SendAsync(HttpMethod.Delete, "/v1/items/a/b/c")).Problem(404);
        var reply = await _api.SendAsync(HttpMethod.Patch, "/v1/items/a", "{}");
        Assert.Equal("GET, PUT, DELETE", (string?)reply.Problem(405)["legal"]);
        (await _api.GetAsync("/v1/events")).Problem(405);
    }

    [Theory]
    [InlineData(RefusalKind.Invalid, 400)]
    [InlineData(RefusalKind.NotFound, 404)]
    [InlineData(RefusalKind.Conflict, 409)]
    [InlineData(RefusalKind.TooLarge, 413)]
    [InlineData(RefusalKind.Overloaded, 503)]
    [InlineData(RefusalKind.StorageFull, 507)]
    [InlineData(RefusalKind.NotReady, 503)]
    public async Task Each_kind_of_refusal_has_its_status(RefusalKind kind, int status)
    {
        _api.Recommender.Failure = new RecommenderException(kind, "So it is.") { RetryAfter = TimeSpan.FromSeconds(2.5) };
        var reply = await _api.GetAsync("/v1/trending");
        Assert.Equal("So it is.", (string?)reply.Problem(status)["detail"]);
        Assert.Equal(status == 503 ? "3" : null, reply.Headers.RetryAfter?.Delta?.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task An_internal_failure_shows_a_trace_id_and_nothing_else()
    {
        _api.Recommender.Failure = new InvalidOperationException("secret of the house");
        var reply = await _api.GetAsync("/v1/trending");
        Assert.False(string.IsNullOrEmpty((string?)reply.Problem(500)["traceId"]));
        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_where_the_host_has_none_is_404() =>
        (await _api.SendAsync(HttpMethod.Post, "/v1/models/reload")).Problem(404);
}
