using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Recs.Cluster.Tests.Client;

/// <summary>Grains that do as a test says, a clock that the test moves, and the recommender over both.</summary>
internal sealed class FakeCluster : IDisposable
{
    private readonly ClientMetrics _metrics = new();

    public FakeCluster(ClusterRecommenderOptions? options = null)
    {
        Options = options ?? new ClusterRecommenderOptions();
        Grains.GetGrain<IUserGrain>("ann").Returns(Ann);
        Grains.GetGrain<IIntakeGrain>(0).Returns(Intake);
        Grains.GetGrain<IPageGrain>(Arg.Any<long>(), Arg.Any<string?>()).Returns(Pages);
        Grains.GetGrain<IControlGrain>(0).Returns(Control);
        Grains.GetGrain<ICatalogGrain>(0).Returns(Catalog);
        Recommender = new ClusterRecommender(Grains, Options, Time, _metrics, NullLogger<ClusterRecommender>.Instance);
    }

    public ClusterRecommenderOptions Options { get; }

    public ManualTime Time { get; } = new();

    public IGrainFactory Grains { get; } = Substitute.For<IGrainFactory>();

    /// <summary>The grain of user "ann".</summary>
    public IUserGrain Ann { get; } = Substitute.For<IUserGrain>();

    public IIntakeGrain Intake { get; } = Substitute.For<IIntakeGrain>();

    public IPageGrain Pages { get; } = Substitute.For<IPageGrain>();

    public IControlGrain Control { get; } = Substitute.For<IControlGrain>();

    public ICatalogGrain Catalog { get; } = Substitute.For<ICatalogGrain>();

    public ClusterRecommender Recommender { get; }

    public static Interaction Event(string user, string? eventId = null) =>
        new() { UserId = user, ItemId = "i1", Type = InteractionType.Click, EventId = eventId };

    public static Interaction[] Events(string user, int count) => [.. Enumerable.Range(0, count).Select(_ => Event(user))];

    public static Receipt Accepted(IReadOnlyList<Interaction> events) =>
        new(events.Count, 0, events.Select(e => e.UserId).Distinct().ToDictionary(id => id, _ => 1L));

    public static RefusalException Refusal(RefusalKind kind, TimeSpan? retryAfter = null) =>
        new(new RecommenderException(kind, $"{kind}.") { RetryAfter = retryAfter });

    public static Page Page(string requestId, params string[] degraded) => new()
    {
        RequestId = requestId,
        Sequence = 3,
        ModelVersion = null,
        Items = [],
        Degraded = degraded,
        Timings = new PageTimings(0, 0, 0, 0, 0, 0),
    };

    /// <summary>Lets the clock go on until the call ends.</summary>
    public async Task<T> EndOf<T>(ValueTask<T> call)
    {
        var task = call.AsTask();
        for (var step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 200_000, "The call does not end however far the clock goes.");
            Time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        return await task;
    }

    public void Dispose() => _metrics.Dispose();
}
