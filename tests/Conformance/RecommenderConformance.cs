using Recs.Engine.Monitoring;

namespace Recs.Conformance;

/// <summary>
/// What every host must do, seen through <see cref="IRecommender"/> alone. A host's test class derives from this one and
/// says how it is made.
/// </summary>
public abstract partial class RecommenderConformance : IAsyncLifetime
{
    private static int _next;

    /// <summary>The catalogue of every test: items i0 … i59 in categories c0 … c5, priced 1 … 60.</summary>
    protected const int ItemCount = 60;

    protected IRecommender Recommender { get; private set; } = null!;

    /// <summary>Makes a started, empty host.</summary>
    protected abstract Task<IRecommender> CreateAsync();

    public virtual async Task InitializeAsync()
    {
        Recommender = await CreateAsync();
        await Recommender.UpsertItemsAsync([.. Enumerable.Range(0, ItemCount).Select(MakeItem)]);
    }

    public abstract Task DisposeAsync();

    protected static Item MakeItem(int i) => new()
    {
        Id = $"i{i}",
        Title = $"Item {i}",
        Categories = [$"c{i % 6}"],
        Tags = [$"t{i % 7}"],
        Price = i + 1,
    };

    /// <summary>A user id that no other test uses.</summary>
    protected static string NewUser() => $"user-{Interlocked.Increment(ref _next)}";

    protected static Interaction Event(string user, int item, InteractionType type = InteractionType.Click, string? eventId = null) =>
        new() { UserId = user, ItemId = $"i{item}", Type = type, EventId = eventId };

    protected async Task<long> ObserveAsync(params Interaction[] events) =>
        (await Recommender.ObserveAsync(events)).Sequences[events[^1].UserId];

    protected async Task<Page> PageAsync(string user, long? after = null, ItemFilter? filter = null, int count = 20) =>
        await Recommender.RecommendAsync(new PageRequest { UserId = user, After = after, Filter = filter, Count = count, Deadline = TimeSpan.FromSeconds(10) });

    /// <summary>Asserts that the call is refused and that no figure of the host moved.</summary>
    protected async Task<RecommenderException> RefusedAsync(Func<Task> call, RefusalKind kind)
    {
        var before = Figures(await Recommender.StatusAsync());
        var refusal = await Assert.ThrowsAsync<RecommenderException>(call);
        Assert.Equal(kind, refusal.Kind);
        Assert.Equal(before, Figures(await Recommender.StatusAsync()));
        return refusal;
    }

    private static (long, long, long, long) Figures(RecommenderStatus s) => (s.TotalEvents, s.Users, s.CatalogItems, s.CatalogVersion);
}
