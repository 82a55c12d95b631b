namespace Recs.Training.Tests.Models;

/// <summary>Three items with factors of rank 2, some neighbours, and a fourth that is only popular.</summary>
internal static class SampleModel
{
    public static RecommenderModel Create(ItemCatalog catalog, string version = "20261121-031502-a1b2c3", IRanker? ranker = null)
    {
        var a = catalog.Intern("a");
        var b = catalog.Intern("b");
        var c = catalog.Intern("c");
        var popular = catalog.Intern("only-popular");
        var count = catalog.Count;
        var rowOfItem = Enumerable.Repeat(-1, count).ToArray();
        (rowOfItem[a], rowOfItem[b], rowOfItem[c]) = (0, 1, 2);
        var neighbours = new Dictionary<int, (int, float)[]> { [a] = [(c, 0.9f), (b, 0.5f)], [c] = [(popular, 0.1f)] };
        var offsets = new int[count + 1];
        List<int> items = [];
        List<float> scores = [];
        for (var number = 0; number < count; number++)
        {
            foreach (var (item, score) in neighbours.GetValueOrDefault(number, []))
            {
                items.Add(item);
                scores.Add(score);
            }

            offsets[number + 1] = items.Count;
        }

        var popularity = new float[count];
        (popularity[a], popularity[b], popularity[popular]) = (1, 2, 7.5f);
        float[] values = [1, 2, 3, 4, -5, 6];
        return new RecommenderModel
        {
            Manifest = new ModelManifest
            {
                Version = version,
                CreatedAt = new DateTimeOffset(2026, 11, 21, 3, 15, 2, TimeSpan.Zero),
                DataFrom = new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero),
                DataTo = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero),
                Events = 12,
                Users = 3,
                Items = 3,
                NextOrdinal = 12,
                Seed = 1,
                Hyperparameters = new Dictionary<string, double> { ["rank"] = 2 },
                Metrics = new Dictionary<string, double> { ["ndcg@10"] = 0.5 },
                FeatureSchemaHash = FeatureSchema.Hash,
                Files = new Dictionary<string, string>(),
            },
            Factors = new ItemFactors
            {
                Rank = 2,
                ItemOfRow = [a, b, c],
                RowOfItem = rowOfItem,
                Values = values,
                Gramian = Gramian.Of(values, 3, 2),
                Alpha = 1,
                UnobservedWeight = 0.3,
                Lambda = 0.025,
                RegularizationExponent = 1,
            },
            Neighbours = new ItemNeighbours { Offsets = offsets, Items = [.. items], Scores = [.. scores] },
            Popularity = popularity,
            Ranker = ranker ?? FallbackRanker.Instance,
        };
    }
}
