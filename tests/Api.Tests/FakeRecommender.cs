using System.Collections.Concurrent;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;

namespace Recs.Api.Tests;

/// <summary>
/// A recommender in memory, with the contract's checks and none of its cleverness: pages hold the catalogue in order
/// of id. <see cref="Writes"/> counts what changed anything, so a test can see that a refused call did not.
/// </summary>
internal sealed class FakeRecommender : IRecommender
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Item> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Interaction>> _users = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _eventIds = [];
    private readonly Dictionary<string, long> _imports = [];
    private long _catalogVersion;
    private RuleSet _rules = RuleSet.Empty;

    public long Writes { get; private set; }

    /// <summary>Thrown by every call but status, when set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Awaited by every page, when set.</summary>
    public Task? Hold { get; set; }

    public ConcurrentQueue<object> Requests { get; } = new();

    public ValueTask<Receipt> ObserveAsync(
        IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default)
    {
        Check();
        Requests.Enqueue((events, import));
        for (var i = 0; i < events.Count; i++)
        {
            CheckId("userId", events[i].UserId, i);
            CheckId("itemId", events[i].ItemId, i);
            if (events[i].EventId is { } eventId)
                CheckId("eventId", eventId, i);
            if (events[i].RequestId is { } requestId)
                CheckId("requestId", requestId, i);
            if (events[i].Weight is < 0 or > 100)
                throw RecommenderException.Invalid("weight", events[i].Weight, "0 to 100", i);
            if (events[i].Revenue is < 0)
                throw RecommenderException.Invalid("revenue", events[i].Revenue, "0 or more", i);
            if (events[i].Timestamp < Limits.EarliestTimestamp || events[i].Timestamp > DateTimeOffset.UnixEpoch.AddYears(100))
                throw RecommenderException.Invalid("timestamp", events[i].Timestamp, "1990 to now", i);
        }
        lock (_lock)
        {
            var skip = 0;
            if (import is not null)
            {
                var reached = _imports.GetValueOrDefault(import.Source);
                if (import.FirstRow > reached)
                    throw RecommenderException.Invalid("importFirstRow", import.FirstRow, $"0 to {reached}", kind: RefusalKind.Conflict);
                skip = (int)Math.Min(reached - import.FirstRow, events.Count);
                _imports[import.Source] = Math.Max(reached, import.FirstRow + events.Count);
            }
            var accepted = 0;
            foreach (var e in events.Skip(skip))
            {
                if (e.EventId is not null && !_eventIds.Add((e.UserId, e.EventId)))
                    continue;
                if (!_users.TryGetValue(e.UserId, out var history))
                    _users[e.UserId] = history = [];
                history.Add(e);
                accepted++;
            }
            Writes += accepted;
            var sequences = events.Select(e => e.UserId).Distinct().ToDictionary(u => u, u => (long)(_users.GetValueOrDefault(u)?.Count ?? 0));
            return ValueTask.FromResult(new Receipt(accepted, events.Count - accepted, sequences));
        }
    }

    public async ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default)
    {
        Check();
        Requests.Enqueue(request);
        if (Hold is { } hold)
            await hold.WaitAsync(cancellationToken);
        lock (_lock)
        {
            var sequence = _users.GetValueOrDefault(request.UserId)?.Count ?? 0;
            if (request.After > sequence)
                throw RecommenderException.Invalid("after", request.After, $"0 to {sequence}, the user's last sequence");
            var page = MakePage(request.Count, request.Filter, request.Exclude) with { UserId = request.UserId, Sequence = sequence };
            if (!request.Explain && request.WhyNot.Count == 0)
                return page;
            return page with
            {
                Items = [.. page.Items.Select(i => i with
                {
                    Explanation = new ItemExplanation
                    {
                        SourceScores = new Dictionary<string, double> { ["trending"] = 0.5 }, RankScore = 0.25, RankedAt = 0,
                        Features = [new FeatureContribution("popularity", 2, 0.125)], Rules = ["cap: category"],
                    },
                })],
                Explanation = new PageExplanation
                {
                    Sources = [new SourceTrace("trending", 3, 0.5, false)],
                    Candidates = 3,
                    Eligible = 3,
                    WhyNot = [.. request.WhyNot.Select(id => new WhyNot(id, "catalog", "There is no such item."))],
                },
            };
        }
    }

    public ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default)
    {
        Check();
        Requests.Enqueue(request);
        lock (_lock)
        {
            if (!_items.ContainsKey(request.ItemId))
                throw new RecommenderException(RefusalKind.NotFound, $"There is no item '{request.ItemId}'.");
            return ValueTask.FromResult(MakePage(request.Count, request.Filter, [.. request.Exclude, request.ItemId]));
        }
    }

    public ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default)
    {
        Check();
        Requests.Enqueue(request);
        lock (_lock)
            return ValueTask.FromResult(MakePage(request.Count, request.Filter, request.Exclude));
    }

    public ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default)
    {
        Check();
        lock (_lock)
            return ValueTask.FromResult(_users.TryGetValue(userId, out var events) ? new UserProfile
            {
                UserId = userId,
                Sequence = events.Count,
                FirstSeen = DateTimeOffset.UnixEpoch,
                LastSeen = DateTimeOffset.UnixEpoch,
                Counts = events.GroupBy(e => e.Type).ToDictionary(g => g.Key, g => (long)g.Count()),
                Recent = [.. events.Select(e => new RecentInteraction(e.ItemId, e.Type, DateTimeOffset.UnixEpoch))],
                Categories = [new TermAffinity("books", 1)],
                Tags = [],
                Hidden = [],
                SeenItems = 0,
                RetainedHistory = 0,
                MergedGuests = [],
            } : null);
    }

    public ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default)
    {
        Check();
        CheckId("guestId", guestId, null);
        lock (_lock)
        {
            if (guestId == targetId)
                throw RecommenderException.Invalid("guestId", guestId, "another id than the target's", kind: RefusalKind.Conflict);
            if (!_users.Remove(guestId, out var guest))
                return ValueTask.FromResult(new MergeReceipt(guestId, targetId, _users.GetValueOrDefault(targetId)?.Count ?? 0, 0, true));
            Writes++;
            if (!_users.TryGetValue(targetId, out var target))
                _users[targetId] = target = [];
            target.AddRange(guest);
            return ValueTask.FromResult(new MergeReceipt(guestId, targetId, target.Count, guest.Count, false));
        }
    }

    public ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default)
    {
        Check();
        lock (_lock)
        {
            var removed = _users.Remove(userId, out var events) ? events.Count : 0;
            Writes += removed > 0 ? 1 : 0;
            return ValueTask.FromResult(new ForgetReceipt(userId, [userId], removed, 0, removed > 0 ? 1 : 0, 100, 0));
        }
    }

    public ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        Check();
        lock (_lock)
            return ValueTask.FromResult(_items.GetValueOrDefault(itemId));
    }

    public ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default)
    {
        Check();
        for (var i = 0; i < items.Count; i++)
        {
            CheckId("id", items[i].Id, i);
            if (items[i].Price is < 0)
                throw RecommenderException.Invalid("price", items[i].Price, "0 or more", i);
        }
        lock (_lock)
        {
            var added = items.Count(i => !_items.ContainsKey(i.Id));
            foreach (var item in items)
                _items[item.Id] = item;
            Writes += items.Count;
            return ValueTask.FromResult(new CatalogReceipt(added, items.Count - added, 0, ++_catalogVersion));
        }
    }

    public ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        Check();
        lock (_lock)
        {
            var removed = _items.Remove(itemId);
            Writes += removed ? 1 : 0;
            return ValueTask.FromResult(removed);
        }
    }

    public ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default)
    {
        Check();
        return ValueTask.FromResult<IReadOnlyList<ModelInfo>>([new ModelInfo(
            "20260301-000000-abcdef", DateTimeOffset.UnixEpoch, "active", 5, 7, new Dictionary<string, double> { ["recall@20"] = 0.5 })]);
    }

    public ValueTask<RuleSet> GetRulesAsync(CancellationToken cancellationToken = default)
    {
        Check();
        lock (_lock)
            return ValueTask.FromResult(_rules);
    }

    public ValueTask ReplaceRulesAsync(RuleSet rules, CancellationToken cancellationToken = default)
    {
        Check();
        rules.Check();
        lock (_lock)
        {
            _rules = rules;
            Writes++;
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return ValueTask.FromResult(new RecommenderStatus
            {
                Ready = Failure is not RecommenderException { Kind: RefusalKind.NotReady },
                Starting = "replaying the event log: 45 %",
                StartedAt = DateTimeOffset.UnixEpoch,
                ModelVersion = "m",
                PagesPerSecond = 1,
                EventsPerSecond = 2,
                DegradedShare = 0,
                Stages = new Dictionary<string, LatencySummary> { ["page"] = new(1, 2, 3, 4) },
                ClickThroughRate = null,
                ModelFreshness = TimeSpan.FromSeconds(90),
                CatalogItems = _items.Count,
                AvailableItems = _items.Count,
                CatalogVersion = _catalogVersion,
                Users = _users.Count,
                ActiveSessions = _users.Count,
                TotalEvents = _users.Values.Sum(u => u.Count),
                EventLogBytes = 1,
                DataFolderBytes = 2,
                ManagedMemoryBytes = 3,
                WorkingSetBytes = 4,
            });
    }

    private Page MakePage(int count, ItemFilter? filter, IReadOnlyList<string> exclude) => new()
    {
        RequestId = "r1",
        Sequence = 0,
        ModelVersion = "m",
        Degraded = ["trending"],
        Items = [.. _items.Values.Where(i => i.Available && !exclude.Contains(i.Id) && (filter?.Matches(i) ?? true)).Take(count)
            .Select(i => new PageItem { Id = i.Id, Title = i.Title, Score = 0.5, Sources = ["trending"], Reason = "Trending now" })],
        Timings = new PageTimings(0.1, 0.2, 0.3, 0.4, 0.5, 1.5),
    };

    private void Check()
    {
        if (Failure is { } failure)
            throw failure;
    }

    private static void CheckId(string field, string id, int? index) => IdRules.Check(field, id, index);
}
