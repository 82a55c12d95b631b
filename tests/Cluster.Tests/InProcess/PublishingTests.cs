using NSubstitute;

namespace Recs.Cluster.Tests.InProcess;

/// <summary>From the publisher through the stream to the users, over a network that loses answers.</summary>
public sealed class PublishingTests(TestClusterHost host) : IClassFixture<TestClusterHost>
{
    private const int Users = 50, EventsOfEach = 20, Items = 60;

    [Fact]
    public async Task A_thousand_events_of_fifty_users_are_each_applied_once_and_in_order()
    {
        await host.Recommender.UpsertItemsAsync([.. Enumerable.Range(0, Items).Select(i => new Item { Id = $"i{i}" })]);
        var attempts = 0;
        var intake = Substitute.For<IIntakeGrain>();
        intake.PublishAsync(Arg.Any<IReadOnlyList<Interaction>>()).Returns(async call =>
        {
            await host.Client.GetGrain<IIntakeGrain>(0).PublishAsync(call.Arg<IReadOnlyList<Interaction>>());
            if (Interlocked.Increment(ref attempts) % 3 == 1)
                throw new TimeoutException("The answer is lost on its way.");
        });
        var grains = Substitute.For<IGrainFactory>();
        grains.GetGrain<IIntakeGrain>(0).Returns(intake);
        using var metrics = new ClientMetrics();
        await using var publisher = new EventPublisher(grains, new EventPublisherOptions(), TimeProvider.System, metrics);

        await Task.WhenAll(Events().Select(e => publisher.PublishAsync(e)));

        // Whatever came twice comes before this.
        await Task.WhenAll(Enumerable.Range(0, Users).Select(user => publisher.PublishAsync(
            new Interaction { UserId = $"publishing-{user}", ItemId = "i59", Type = InteractionType.View })));

        Assert.True(attempts >= 12, $"{attempts} attempts: eight batches of 128 and every third answer lost");
        for (var user = 0; user < Users; user++)
        {
            var profile = await ProfileAsync(user);
            Assert.Equal(EventsOfEach + 1, profile.Sequence);
            Assert.Equal(EventsOfEach, profile.Counts[InteractionType.Click]);
            Assert.Equal(Enumerable.Range(0, EventsOfEach).Reverse().Select(n => Item(user, n)), profile.Recent.Skip(1).Select(recent => recent.ItemId));
        }
    }

    private static IEnumerable<Interaction> Events() =>
        from n in Enumerable.Range(0, EventsOfEach)
        from user in Enumerable.Range(0, Users)
        select new Interaction { UserId = $"publishing-{user}", ItemId = Item(user, n), Type = InteractionType.Click };

    private static string Item(int user, int n) => $"i{(user + n) % Items}";

    /// <summary>The profile once the view has arrived, which is stored by now.</summary>
    private async Task<UserProfile> ProfileAsync(int user)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await host.Recommender.ProfileAsync($"publishing-{user}", patience.Token) is { } profile && profile.Counts.GetValueOrDefault(InteractionType.View) == 1)
                return profile;
            await Task.Yield();
        }
    }
}
