namespace Recs.Bench.Worlds;

/// <summary>A catalogue and a model over it with drawn factors: the right shapes for timing, no meaning.</summary>
internal sealed record SyntheticModel(ItemCatalog Catalog, RecommenderModel Model)
{
    private const int NeighboursPerItem = 100;

    public static SyntheticModel Create(int items, int rank, int seed)
    {
        var random = new Random(seed);
        var catalog = new ItemCatalog();
        catalog.Upsert(SyntheticEvents.Items(items), TimeProvider.System.GetUtcNow());
        var values = new float[items * rank];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) / Math.Sqrt(rank));
        var (neighbours, scores) = (new int[items * NeighboursPerItem], new float[items * NeighboursPerItem]);
        for (var i = 0; i < neighbours.Length; i++)
            (neighbours[i], scores[i]) = (random.Next(items), 1f / (1 + i % NeighboursPerItem));
        return new SyntheticModel(catalog, new RecommenderModel
        {
            Manifest = new ModelManifest
            {
                Version = "synthetic",
                CreatedAt = default,
                DataFrom = default,
                DataTo = default,
                Events = 0,
                Users = 0,
                Items = items,
                NextOrdinal = 0,
                Seed = seed,
                Hyperparameters = new Dictionary<string, double>(),
                Metrics = new Dictionary<string, double>(),
                FeatureSchemaHash = FeatureSchema.Hash,
                Files = new Dictionary<string, string>(),
            },
            Factors = new ItemFactors
            {
                Rank = rank,
                ItemOfRow = [.. Enumerable.Range(0, items)],
                RowOfItem = [.. Enumerable.Range(0, items)],
                Values = values,
                Gramian = Gramian.Of(values, items, rank),
                Alpha = 1,
                UnobservedWeight = 0.3,
                Lambda = 0.025,
                RegularizationExponent = 1,
            },
            Neighbours = new ItemNeighbours { Offsets = [.. Enumerable.Range(0, items + 1).Select(i => i * NeighboursPerItem)], Items = neighbours, Scores = scores },
            Popularity = [.. Enumerable.Range(0, items).Select(i => 1000f / (1 + i))],
            Ranker = FallbackRanker.Instance,
        });
    }
}
