namespace Recs.Api.Tests;

/// <summary>What happens when more comes than is allowed.</summary>
public sealed class LoadLimitTests
{
    [Fact]
    public async Task Beyond_its_rate_a_client_is_told_when_to_come_back()
    {
        await using var api = await ApiHost.StartAsync(new RecommenderApiOptions { RequestsPerSecond = 1, RequestBurst = 3 });
        for (var i = 0; i < 3; i++)
            (await api.GetAsync("/v1/trending")).Ok();
        // The bucket fills by one a second; four more calls cannot all find a token.
        var replies = new List<Reply>();
        for (var i = 0; i < 4; i++)
            replies.Add(await api.GetAsync("/v1/trending"));
        var refused = replies.First(r => r.Status == 429);
        refused.Problem(429);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        (await api.GetAsync("/health/live")).Ok();
    }

    [Fact]
    public async Task Keys_have_rates_of_their_own_and_guessing_has_one_too()
    {
        const string One = "key-one-0123456789", Two = "key-two-0123456789";
        await using var api = await ApiHost.StartAsync(new RecommenderApiOptions { ReadKeys = [One, Two], RequestsPerSecond = 1, RequestBurst = 1 });
        (await api.SendAsync(HttpMethod.Get, "/v1/trending", null, ("X-Api-Key", One))).Ok();
        (await api.SendAsync(HttpMethod.Get, "/v1/trending", null, ("X-Api-Key", Two))).Ok();
        var guesses = new List<int>();
        for (var i = 0; i < 5; i++)
            guesses.Add((await api.SendAsync(HttpMethod.Get, "/v1/trending", null, ("X-Api-Key", $"guess-{i}-0123456789"))).Status);
        Assert.Equal(401, guesses[0]);
        Assert.Contains(429, guesses);
    }

    [Fact]
    public async Task Without_a_limit_on_loopback_nothing_is_refused()
    {
        await using var api = await ApiHost.StartAsync();
        for (var i = 0; i < 1000; i++)
            Assert.Equal(200, (await api.GetAsync("/health/live")).Status);
        for (var i = 0; i < 1000; i++)
            Assert.Equal(200, (await api.GetAsync("/v1/trending")).Status);
    }

    [Fact]
    public async Task More_calls_at_one_time_than_allowed_are_shed_and_places_come_back()
    {
        await using var api = await ApiHost.StartAsync(new RecommenderApiOptions { MaxConcurrentRequests = 2 });
        var hold = new TaskCompletionSource();
        api.Recommender.Hold = hold.Task;
        var held = Enumerable.Range(0, 2).Select(_ => api.GetAsync("/v1/users/u/recommendations")).ToArray();
        // Both are inside once the recommender has seen both.
        while (api.Recommender.Requests.Count < 2)
            await Task.Yield();
        var shed = await api.GetAsync("/v1/trending");
        Assert.Contains("2", (string?)shed.Problem(503)["legal"], StringComparison.Ordinal);
        Assert.NotNull(shed.Headers.RetryAfter);
        hold.SetResult();
        foreach (var reply in await Task.WhenAll(held))
            reply.Ok();
        (await api.GetAsync("/v1/trending")).Ok();
    }

    [Fact]
    public async Task A_caller_that_hangs_up_gives_its_place_back()
    {
        await using var api = await ApiHost.StartAsync(new RecommenderApiOptions { MaxConcurrentRequests = 1 });
        var hold = new TaskCompletionSource();
        api.Recommender.Hold = hold.Task;
        using var hangUp = new CancellationTokenSource();
        var held = api.Client.GetAsync("/v1/users/u/recommendations", hangUp.Token);
        while (api.Recommender.Requests.IsEmpty)
            await Task.Yield();
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        api.Recommender.Hold = null;
        Reply reply;
        do
        {
            reply = await api.GetAsync("/v1/trending");
        }
        while (reply.Status == 503);
        reply.Ok();
    }
}
