using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Recs.Cli.Http;

namespace Recs.Cli.Tests;

public sealed class HttpRecommenderTests
{
    private readonly Server _server = new();
    private readonly InstantTime _time = new();

    private HttpRecommender Recommender => new(new HttpClient(_server), new Uri("http://127.0.0.1:1/base/"), "secret", _time);

    [Fact]
    public async Task Events_go_with_their_import_rows_and_the_key()
    {
        _server.Answer(200, "{\"accepted\":1,\"duplicates\":0,\"sequences\":{\"ü\":3}}");
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_577_934_245_250);
        var receipt = await Recommender.ObserveAsync(
            [new Interaction { UserId = "ü", ItemId = "i", Type = InteractionType.AddToCart, Timestamp = at, Weight = 2 }], new ImportRows("sha256:ab", 7));
        Assert.Equal(3, receipt.Sequences["ü"]);
        var call = Assert.Single(_server.Calls);
        Assert.Equal("POST /base/v1/events?importSource=sha256%3Aab&importFirstRow=7", call.Line);
        Assert.Equal("secret", call.Key);
        Assert.Equal("[{\"userId\":\"ü\",\"itemId\":\"i\",\"type\":\"addToCart\",\"timestamp\":\"2020-01-02T03:04:05.25+00:00\",\"weight\":2}]", call.Body);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_the_time_it_names()
    {
        _server.Answer(429, "", retryAfter: 7);
        _server.Answer(503, "");
        _server.Answer(200, "{\"id\":\"a\",\"title\":\"Tea\",\"attributes\":{\"n\":1,\"t\":\"x\",\"f\":true,\"l\":[\"p\"]}}");
        var item = await Recommender.GetItemAsync("..");
        Assert.Equal(new AttributeValue.TextList(["p"]), item!.Attributes["l"]);
        Assert.Equal(new AttributeValue.Number(1), item.Attributes["n"]);
        Assert.Equal([7.0, 1.0], _time.Waits.Select(w => w.TotalSeconds));
        Assert.All(_server.Calls, c => Assert.Equal("GET /base/v1/items/..", c.Line));
    }

    [Fact]
    public async Task Patience_with_a_busy_server_ends()
    {
        for (var i = 0; i < HttpCaller.MaxAttempts; i++)
            _server.Answer(503, "{\"detail\":\"Still starting.\"}", retryAfter: 600);
        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await Recommender.StatusAsync());
        Assert.Equal(RefusalKind.Overloaded, refusal.Kind);
        Assert.Contains("Still starting.", refusal.Message);
        Assert.All(_time.Waits, w => Assert.Equal(HttpCaller.MaxWait, w));
        Assert.Equal(HttpCaller.MaxAttempts, _server.Calls.Count);
    }

    [Fact]
    public async Task A_refusal_keeps_its_kind_and_its_words()
    {
        _server.Answer(507, "{\"detail\":\"No space is left.\"}");
        var full = await Assert.ThrowsAsync<RecommenderException>(async () => await Recommender.UpsertItemsAsync([new Item { Id = "a" }]));
        Assert.Equal((RefusalKind.StorageFull, true), (full.Kind, full.Message.Contains("No space is left.", StringComparison.Ordinal)));
        _server.Answer(401, "<html>");
        var locked = await Assert.ThrowsAsync<RecommenderException>(async () => await Recommender.ModelsAsync());
        Assert.Contains("RECS_API_KEY", locked.Message);
        _server.Answer(404, "{}");
        Assert.Null(await Recommender.ProfileAsync("nobody"));
        _server.Answer(200, "<html>");
        Assert.Contains("is it an Orleans.Recs server", (await Assert.ThrowsAsync<RecommenderException>(async () => await Recommender.ProfileAsync("u"))).Message);
    }

    [Fact]
    public async Task Events_without_ids_get_them_once_so_that_a_repeat_is_harmless()
    {
        Interaction[] events = [new() { UserId = "u", ItemId = "i", Type = InteractionType.View }, new() { UserId = "u", ItemId = "j", Type = InteractionType.View }];
        _server.Answer(503, "");
        _server.Break();
        _server.Answer(200, "{\"accepted\":0,\"duplicates\":2,\"sequences\":{\"u\":2}}");

        var receipt = await Recommender.ObserveAsync(events);

        Assert.Equal((2, 0), (receipt.Accepted, receipt.Duplicates));
        Assert.Equal(3, _server.Calls.Count);
        Assert.Contains("eventId", _server.Calls[0].Body);
        Assert.Single(_server.Calls.Select(call => call.Body).Distinct());
    }

    [Theory]
    [InlineData(128, 2)]
    [InlineData(129, 1)]
    public async Task More_events_of_one_user_than_the_server_would_know_again_are_sent_once(int count, int calls)
    {
        var events = Enumerable.Range(0, count).Select(_ => new Interaction { UserId = "u", ItemId = "i", Type = InteractionType.View }).ToArray();
        _server.Answer(503, "");
        _server.Answer(400, "{\"detail\":\"Enough.\"}");

        await Assert.ThrowsAsync<RecommenderException>(async () => await Recommender.ObserveAsync(events));

        Assert.Equal(calls, _server.Calls.Count);
    }

    [Fact]
    public async Task Many_events_are_sent_again_when_the_server_turned_them_away_unread()
    {
        var events = Enumerable.Range(0, 500).Select(_ => new Interaction { UserId = "u", ItemId = "i", Type = InteractionType.View }).ToArray();
        _server.Answer(429, "");
        _server.Answer(200, "{\"accepted\":500,\"duplicates\":0,\"sequences\":{\"u\":500}}");

        Assert.Equal(500, (await Recommender.ObserveAsync(events)).Accepted);
    }

    [Fact]
    public async Task Rows_of_an_import_are_sent_again_as_they_are()
    {
        Interaction[] events = [new() { UserId = "u", ItemId = "i", Type = InteractionType.View }];
        _server.Break();
        _server.Answer(200, "{\"accepted\":0,\"duplicates\":1,\"sequences\":{}}");

        Assert.Equal(1, (await Recommender.ObserveAsync(events, new ImportRows("s", 0))).Duplicates);
        Assert.All(_server.Calls, call => Assert.DoesNotContain("eventId", call.Body));
    }

    [Fact]
    public async Task Large_items_go_in_parts_and_a_page_asks_for_all_that_was_asked()
    {
        _server.Answer(200, "{\"added\":2,\"replaced\":0,\"unchanged\":0,\"catalogVersion\":1}");
        _server.Answer(200, "{\"added\":1,\"replaced\":1,\"unchanged\":0,\"catalogVersion\":2}");
        var items = Enumerable.Range(0, 4).Select(i => new Item { Id = $"{i}", Title = new string('x', 1 << 20) }).ToArray();
        Assert.Equal(new CatalogReceipt(3, 1, 0, 2), await Recommender.UpsertItemsAsync(items));

        _server.Answer(200, "{\"requestId\":\"r\",\"sequence\":1,\"modelVersion\":null,\"items\":[],\"degraded\":[\"trending\"],\"timings\":{\"sessionMs\":1,\"retrieveMs\":1,\"mergeMs\":1,\"rankMs\":1,\"policyMs\":1,\"totalMs\":5}}");
        var page = await Recommender.RecommendAsync(new PageRequest
        {
            UserId = "a/b c",
            Count = 3,
            Exclude = ["x,y", "z"],
            After = 4,
            Explain = true,
            Deadline = TimeSpan.FromMilliseconds(50),
        });
        Assert.Equal(["trending"], page.Degraded);
        Assert.Equal(
            "GET /base/v1/users/a%2Fb%20c/recommendations?count=3&exclude=x%2Cy&exclude=z&explain=true&deadlineMs=50&surface=home&after=4",
            _server.Calls[^1].Line);
    }

    private sealed class Server : HttpMessageHandler
    {
        private readonly Queue<Func<HttpResponseMessage>> _answers = [];

        public List<(string Line, string? Key, string Body)> Calls { get; } = [];

        public void Answer(int status, string body, int? retryAfter = null) => _answers.Enqueue(() =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (retryAfter is { } seconds)
                response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));
            return response;
        });

        public void Break() => _answers.Enqueue(() => throw new HttpRequestException("The connection broke."));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            var key = request.Headers.TryGetValues("X-Api-Key", out var values) ? values.First() : null;
            Calls.Add(($"{request.Method} {request.RequestUri!.PathAndQuery}", key, body));
            return _answers.Dequeue()();
        }
    }

    /// <summary>Every wait is over at once, and noted.</summary>
    private sealed class InstantTime : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
