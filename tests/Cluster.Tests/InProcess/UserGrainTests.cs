using Orleans.Runtime;
using Recs.Grains;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>What a user's grain promises beyond what every host does.</summary>
public sealed class UserGrainTests(TestClusterHost host) : IClassFixture<TestClusterHost>, IAsyncLifetime
{
    private const int Items = 60;
    private static int _next;

    public async Task InitializeAsync() =>
        await host.Recommender.UpsertItemsAsync([.. Enumerable.Range(0, Items).Select(i => new Item { Id = $"i{i}", Categories = [$"c{i % 6}"], Price = i })]);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_user_comes_back_as_it_was_after_deactivation()
    {
        var user = NewUser();
        for (var i = 0; i < 5; i++)
            await ObserveAsync(user, i);
        var before = await host.Recommender.ProfileAsync(user);
        await host.Cluster.DeactivateAsync(Grain(user));
        var after = await host.Recommender.ProfileAsync(user);
        Assert.Equal(5, after!.Sequence);
        Assert.Equal(before!.Recent, after.Recent);
        Assert.Equal(6, await ObserveAsync(user, 7));
    }

    [Fact]
    public async Task The_log_has_every_event_of_concurrent_users_once()
    {
        var users = Enumerable.Range(0, 32).Select(_ => NewUser()).ToArray();
        await Task.WhenAll(users.Select(async (user, u) =>
        {
            for (var i = 0; i < 20; i++)
                await ObserveAsync(user, (u + i) % Items);
        }));
        foreach (var user in users)
        {
            await Grain(user).DrainAsync();
            Assert.Equal(Enumerable.Range(1, 20).Select(n => (long)n), LogReader.Sequences(host.Folder, user));
        }
    }

    [Fact]
    public async Task Two_users_merged_into_each_other_at_the_same_time_end_as_one()
    {
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = (NewUser(), NewUser());
            await ObserveAsync(a, 1);
            await ObserveAsync(b, 2);
            var outcomes = await Task.WhenAll(TryAsync(() => host.Recommender.MergeAsync(a, b)), TryAsync(() => host.Recommender.MergeAsync(b, a)));
            Assert.Equal(1, outcomes.Count(done => done));
            var profile = (await host.Recommender.ProfileAsync(a))!;
            Assert.Equal(profile.Sequence, (await host.Recommender.ProfileAsync(b))!.Sequence);
            Assert.Equal(2, profile.Counts[InteractionType.Click]);
            Assert.Single(profile.MergedGuests);
        }
    }

    [Fact]
    public async Task Many_guests_merged_at_once_into_one_user_all_arrive()
    {
        var user = NewUser();
        await ObserveAsync(user, 0);
        var guests = Enumerable.Range(0, 12).Select(_ => NewUser()).ToArray();
        await Task.WhenAll(guests.Select((guest, g) => ObserveAsync(guest, g + 1)));
        await Task.WhenAll(guests.Select(guest => host.Recommender.MergeAsync(guest, user).AsTask()));
        var profile = (await host.Recommender.ProfileAsync(user))!;
        Assert.Equal(guests.Order(), profile.MergedGuests.Order());
        Assert.Equal(13, profile.Counts[InteractionType.Click]);
        // One number for the first event, one for each merge.
        Assert.Equal(13, profile.Sequence);
    }

    [Fact]
    public async Task An_event_published_reaches_its_user_and_a_repeat_changes_nothing()
    {
        var user = NewUser();
        var click = new Interaction { UserId = user, ItemId = "i3", Type = InteractionType.Click, EventId = $"{user}-1" };
        await host.Client.GetGrain<IIntakeGrain>(0).PublishAsync([click]);
        await Until(async () => (await host.Recommender.ProfileAsync(user))?.Sequence == 1);
        await host.Client.GetGrain<IIntakeGrain>(0).PublishAsync([click, click with { ItemId = "i4", EventId = $"{user}-2" }]);
        await Until(async () => (await host.Recommender.ProfileAsync(user))?.Sequence == 2);
        Assert.Equal(["i4", "i3"], (await host.Recommender.ProfileAsync(user))!.Recent.Select(r => r.ItemId));
    }

    private IUserGrain Grain(string user) => host.Client.GetGrain<IUserGrain>(user);

    private async Task<long> ObserveAsync(string user, int item) =>
        (await host.Recommender.ObserveAsync([new Interaction { UserId = user, ItemId = $"i{item}", Type = InteractionType.Click }])).Sequences[user];

    private static string NewUser() => $"grain-user-{Interlocked.Increment(ref _next)}";

    private static async Task<bool> TryAsync(Func<ValueTask<MergeReceipt>> merge)
    {
        try
        {
            return !(await merge()).AlreadyMerged;
        }
        catch (RecommenderException refusal) when (refusal.Kind is RefusalKind.Conflict)
        {
            return false;
        }
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
