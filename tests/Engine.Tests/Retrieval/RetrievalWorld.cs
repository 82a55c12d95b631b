using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Engine.Tests.Retrieval;

/// <summary>A small seeded shop with model, sessions and counters.</summary>
internal sealed class RetrievalWorld
{
    public const long Day = 86_400_000, Now = 20_000 * Day;

    public RetrievalWorld(int items, int seed)
    {
        Random = new Random(seed);
        var batch = Enumerable.Range(0, items).Select(i => new Item
        {
            Id = $"i{i}",
            Title = $"Item {i}",
            Categories = Pick("c", 6, 2),
            Tags = Pick("t", 30, 4),
            Price = Random.Next(4) == 0 ? null : Random.Next(1, 200),
            Available = Random.Next(10) != 0,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(Now - Random.NextInt64(400 * Day)),
        }).ToArray();
        foreach (var chunk in batch.Chunk(Limits.MaxItemsPerBatch))
            Catalog.Upsert(chunk, DateTimeOffset.FromUnixTimeMilliseconds(Now));
        for (var e = 0; e < items * 5; e++)
        {
            var type = (InteractionType)Random.Next(SessionOptions.TypeCount);
            var (item, at) = ((int)(items * Math.Pow(Random.NextDouble(), 3)), Now - Random.NextInt64(60 * Day));
            Counters.Count(item, type, at, 4);
            Visits.Observe((ulong)(1 + e / 8), item, at);
        }
        // A tenth of the items has no factors.
        Model = MakeModel(Enumerable.Range(0, items).Where(_ => Random.Next(10) != 0).ToArray(), items);
    }

    public Random Random { get; }

    public ItemCatalog Catalog { get; } = new();

    public ItemCounters Counters { get; } = new();

    public SessionNeighbourIndex Visits { get; } = new();

    public RecommenderModel Model { get; }

    public UserSession Session(int length)
    {
        var history = Enumerable.Range(0, Catalog.Count).OrderBy(_ => Random.Next()).Take(length)
            .Select((item, i) => new HistoryEntry(item, Random.Next(1, 6), Now - (length - i) * 3_600_000L)).ToArray();
        var taste = history.Select(h => Catalog.Get(h.Item)!).ToArray();
        return new UserSession
        {
            UserId = "u",
            Sequence = length,
            FirstSeenMs = length == 0 ? 0 : history[0].AtMs,
            LastSeenMs = length == 0 ? 0 : history[^1].AtMs,
            History = history,
            Recent = history.Select(h => new RecentEvent(h.Item, InteractionType.Click, h.AtMs)).ToArray(),
            Seen = history.Select(h => h.Item).ToArray(),
            Categories = Affinities(taste.SelectMany(t => t.CategoryCodes)),
            Tags = Affinities(taste.SelectMany(t => t.TagCodes)),
            Counts = [0, 0, length, 0, length / 3, 0, 0, 0, 0],
            LogPriceSum = taste.Sum(t => Math.Log(1 + (t.Item.Price ?? 0))),
            PricedEvents = taste.Count(t => t.Item.Price is not null),
        };
    }

    /// <param name="session">Whose page; what was seen is not eligible.</param>
    /// <param name="share">Share of the catalogue that stays eligible, 0 to 1.</param>
    /// <param name="limit">Candidates wanted.</param>
    /// <param name="seedItem">The seed of a "similar to" page.</param>
    public RetrievalContext Context(UserSession session, double share, int limit, int seedItem = -1)
    {
        var mask = new ItemMask();
        Catalog.Match(null, mask);
        for (var i = 0; i < mask.Length; i++)
        {
            if (Random.NextDouble() >= share)
                mask.Remove(i);
        }
        foreach (var seen in session.Seen)
            mask.Remove(seen);
        mask.Remove(seedItem);
        return Context(session, mask, limit, seedItem);
    }

    public RetrievalContext Context(UserSession session, ItemMask mask, int limit, int seedItem = -1) => new()
    {
        Session = session,
        Model = Model,
        UserVector = session.History.Length == 0 ? null : Worlds.Query(Model.Factors.Rank, Random),
        Eligible = mask,
        EligibleCount = mask.CountSet(),
        SeedItem = seedItem,
        NowMs = Now,
        Limit = limit,
    };

    public static CandidateList Run(ICandidateSource source, RetrievalContext context, CancellationToken token = default)
    {
        var list = new CandidateList();
        var task = source.RetrieveAsync(context, list, token);
        task.AsTask().GetAwaiter().GetResult();
        return list;
    }

    public static RecommenderModel ModelOf(ItemFactors factors, ItemNeighbours neighbours, float[] popularity, IRanker? ranker = null, ItemNeighbours? linear = null) => new()
    {
        Manifest = new ModelManifest
        {
            Version = "v",
            CreatedAt = default,
            DataFrom = default,
            DataTo = default,
            Events = 0,
            Users = 0,
            Items = factors.Rows,
            NextOrdinal = 0,
            Seed = 0,
            Hyperparameters = new Dictionary<string, double>(),
            Metrics = new Dictionary<string, double>(),
            FeatureSchemaHash = FeatureSchema.Hash,
            Files = new Dictionary<string, string>(),
        },
        Factors = factors,
        Neighbours = neighbours,
        Linear = linear ?? ItemNeighbours.None,
        Popularity = popularity,
        Ranker = ranker ?? FallbackRanker.Instance,
    };

    private RecommenderModel MakeModel(int[] withFactors, int items)
    {
        const int rank = 16, perItem = 12;
        var neighbours = new ItemNeighbours
        {
            Offsets = Enumerable.Range(0, items + 1).Select(i => i * perItem).ToArray(),
            Items = Enumerable.Range(0, items).SelectMany(i => Enumerable.Range(0, items).Where(j => j != i).OrderBy(_ => Random.Next()).Take(perItem)).ToArray(),
            Scores = Enumerable.Range(0, items).SelectMany(_ => Enumerable.Range(0, perItem).Select(_ => Random.NextSingle()).OrderDescending()).ToArray(),
        };
        var popularity = Enumerable.Range(0, items).Select(_ => Random.NextSingle() * 50).ToArray();
        // The same pairs with other scores, a third of them negative.
        var linear = new ItemNeighbours
        {
            Offsets = neighbours.Offsets,
            Items = neighbours.Items,
            Scores = Array.ConvertAll(neighbours.Scores, score => (score - 0.3f) * 2),
        };
        return ModelOf(Worlds.Factors(withFactors.Length, rank, 77, row => withFactors[row]), neighbours, popularity, linear: linear);
    }

    private string[] Pick(string prefix, int of, int most) =>
        Enumerable.Range(0, Random.Next(most + 1)).Select(_ => $"{prefix}{Random.Next(of)}").Distinct().ToArray();

    private static Affinity[] Affinities(IEnumerable<int> codes) =>
        codes.GroupBy(c => c).Select(g => new Affinity(g.Key, g.Count())).ToArray();
}
