using System.Collections.Concurrent;
using Recs.Engine.Monitoring;

namespace Recs.Training.Tests.Import;

/// <summary>
/// Keeps what importers send, under the contract's own rules: batch bounds, known items, legal values, a ledger of
/// import rows. Written apart from the importers' checks, so that it catches what they let through.
/// </summary>
internal sealed class FakeRecommender(TimeProvider? time = null) : IRecommender
{
    private Recs.Engine.Policies.RuleSet _rules = Recs.Engine.Policies.RuleSet.Empty;
    private readonly ConcurrentDictionary<string, Item> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ledger = [];
    private readonly Dictionary<string, long> _sequences = [];
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public List<Interaction> Events { get; } = [];

    public IReadOnlyDictionary<string, Item> Items => _items;

    /// <summary>Batches taken before the next one fails; no limit when null.</summary>
    public int? BatchesBeforeFailure { get; set; }

    public bool Disposed { get; private set; }

    public ValueTask<Receipt> ObserveAsync(IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (BatchesBeforeFailure is { } left && (BatchesBeforeFailure = left - 1) == -1)
            throw new RecommenderException(RefusalKind.StorageFull, "No space is left.");
        Assert.InRange(events.Count, 1, Limits.MaxEventsPerBatch);
        foreach (var e in events)
            AssertLegal(e);
        var skip = 0;
        if (import is not null)
        {
            Assert.InRange(import.Source.Length, 1, 128);
            var reached = _ledger.GetValueOrDefault(import.Source);
            Assert.True(import.FirstRow <= reached, $"A gap: row {import.FirstRow} after {reached}.");
            skip = (int)Math.Min(events.Count, reached - import.FirstRow);
            _ledger[import.Source] = Math.Max(reached, import.FirstRow + events.Count);
        }

        foreach (var e in events.Skip(skip))
        {
            Events.Add(e);
            _sequences[e.UserId] = _sequences.GetValueOrDefault(e.UserId) + 1;
        }

        var users = events.Select(e => e.UserId).Distinct().ToDictionary(u => u, u => _sequences.GetValueOrDefault(u));
        return new(new Receipt(events.Count - skip, skip, users));
    }

    public ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default)
    {
        Assert.InRange(items.Count, 1, Limits.MaxItemsPerBatch);
        ItemCatalog.Validate(items);
        int added = 0, replaced = 0, unchanged = 0;
        foreach (var item in items)
        {
            if (!_items.TryGetValue(item.Id, out var old))
                added++;
            else if (Same(old, item))
                unchanged++;
            else
                replaced++;
            _items[item.Id] = item;
        }

        return new(new CatalogReceipt(added, replaced, unchanged, 1));
    }

    public ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default) =>
        new(_items.GetValueOrDefault(itemId));

    public ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default) =>
        new(PageOf(request.UserId, _items.Values.OrderBy(i => i.Id, StringComparer.Ordinal)
            .Where(i => request.Filter?.Matches(i) ?? true).Take(request.Count)));

    public ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default) =>
        _items.ContainsKey(request.ItemId)
            ? new(PageOf(null, _items.Values.OrderBy(i => i.Id, StringComparer.Ordinal).Where(i => i.Id != request.ItemId).Take(request.Count)))
            : throw new RecommenderException(RefusalKind.NotFound, $"There is no item '{request.ItemId}'.");

    public ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default) =>
        new(PageOf(null, _items.Values.OrderBy(i => i.Id, StringComparer.Ordinal).Take(request.Count)));

    public ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default)
    {
        var events = Events.Where(e => e.UserId == userId).ToList();
        return new(events.Count == 0 ? null : new UserProfile
        {
            UserId = userId,
            Sequence = events.Count,
            FirstSeen = events.Min(e => e.Timestamp!.Value),
            LastSeen = events.Max(e => e.Timestamp!.Value),
            Counts = events.GroupBy(e => e.Type).ToDictionary(g => g.Key, g => g.LongCount()),
            Recent = [.. events.TakeLast(5).Select(e => new RecentInteraction(e.ItemId, e.Type, e.Timestamp!.Value))],
            Categories = [new TermAffinity("[Comedy]", 0.75)],
            Tags = [],
            Hidden = [],
            SeenItems = events.Count,
            RetainedHistory = events.Count,
            MergedGuests = [],
        });
    }

    public ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default)
    {
        var removed = Events.RemoveAll(e => e.UserId == userId);
        return new(new ForgetReceipt(userId, [userId], removed, 0, 1, 1_000, 0));
    }

    public ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default) =>
        new(_items.TryRemove(itemId, out _));

    public ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) =>
        new([new ModelInfo("20260101-000000-abcdef", _time.GetUtcNow(), "active", 10, 100, new Dictionary<string, double> { ["ndcg@10"] = 0.25 })]);

    public ValueTask<Recs.Engine.Policies.RuleSet> GetRulesAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(_rules);

    public ValueTask ReplaceRulesAsync(Recs.Engine.Policies.RuleSet rules, CancellationToken cancellationToken = default)
    {
        _rules = rules;
        return ValueTask.CompletedTask;
    }

    public ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default) => new(new RecommenderStatus
    {
        Ready = true,
        StartedAt = _time.GetUtcNow(),
        ModelVersion = null,
        PagesPerSecond = 0,
        EventsPerSecond = 0,
        DegradedShare = 0,
        Stages = new Dictionary<string, LatencySummary>(),
        ClickThroughRate = null,
        ModelFreshness = null,
        CatalogItems = _items.Count,
        AvailableItems = _items.Count,
        CatalogVersion = 1,
        Users = _sequences.Count,
        ActiveSessions = 0,
        TotalEvents = Events.Count,
        EventLogBytes = 0,
        DataFolderBytes = 0,
        ManagedMemoryBytes = 0,
        WorkingSetBytes = 0,
    });

    private void AssertLegal(Interaction e)
    {
        foreach (var id in new[] { e.UserId, e.ItemId, e.EventId ?? "x", e.RequestId ?? "x" })
        {
            Assert.InRange(id.Length, 1, Limits.MaxIdLength);
            Assert.False(string.IsNullOrWhiteSpace(id));
            Assert.DoesNotContain(id, char.IsControl);
        }

        Assert.True(_items.ContainsKey(e.ItemId), $"Item '{e.ItemId}' is not in the catalogue.");
        Assert.True(Enum.IsDefined(e.Type));
        Assert.NotNull(e.Timestamp);
        Assert.InRange(e.Timestamp.Value, Limits.EarliestTimestamp, _time.GetUtcNow() + Limits.MaxClockSkew);
        if (e.Type == InteractionType.Rating)
            Assert.InRange(e.Weight!.Value, 0, 5);
        if (e.Weight is { } weight)
            Assert.InRange(weight, 0, 100);
        if (e.Revenue is { } revenue)
            Assert.InRange(revenue, 0, double.MaxValue);
    }

    private static bool Same(Item a, Item b) =>
        a.Title == b.Title && a.Price == b.Price && a.Available == b.Available && a.CreatedAt == b.CreatedAt
        && a.Categories.SequenceEqual(b.Categories) && a.Tags.SequenceEqual(b.Tags)
        && a.Attributes.Count == b.Attributes.Count
        && a.Attributes.All(kv => b.Attributes.TryGetValue(kv.Key, out var value) && value.Equals(kv.Value));

    private static Page PageOf(string? userId, IEnumerable<Item> items) => new()
    {
        RequestId = "page-1",
        UserId = userId,
        Sequence = 0,
        ModelVersion = null,
        Items =
        [
            .. items.Select((item, place) => new PageItem
            {
                Id = item.Id, Title = item.Title, Score = 1.0 / (place + 1), Sources = ["trending"], Reason = "Popular [now]",
            }),
        ],
        Degraded = [],
        Timings = new PageTimings(0, 0, 0, 0, 0, 0),
    };
}
