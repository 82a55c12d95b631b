namespace Recs.Engine.Tests.Sessions;

internal static class RandomFactors
{
    /// <summary>Item numbers run over the rows in a shuffled order, with <paramref name="unknown"/> numbers without a row among them.</summary>
    public static ItemFactors Next(Random random, int rank, int rows, int unknown, double? lambda = null)
    {
        var items = Enumerable.Range(0, rows + unknown).OrderBy(_ => random.Next()).ToArray();
        var rowOfItem = new int[rows + unknown];
        Array.Fill(rowOfItem, -1);
        for (var row = 0; row < rows; row++)
            rowOfItem[items[row]] = row;
        var values = Enumerable.Range(0, rows * rank).Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray();
        var gramian = new double[rank * rank];
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < rank; i++)
            {
                for (var j = 0; j < rank; j++)
                    gramian[i * rank + j] += (double)values[row * rank + i] * values[row * rank + j];
            }
        }

        return new ItemFactors
        {
            Rank = rank,
            ItemOfRow = items[..rows],
            RowOfItem = rowOfItem,
            Values = values,
            Gramian = gramian,
            Alpha = Math.Pow(10, random.NextDouble() * 3 - 1),
            UnobservedWeight = Math.Pow(10, random.NextDouble() * 3 - 2),
            Lambda = lambda ?? Math.Pow(10, random.NextDouble() * 5 - 4),
            RegularizationExponent = random.NextDouble(),
        };
    }

    /// <summary>Distinct items, known and unknown ones.</summary>
    public static HistoryEntry[] History(Random random, ItemFactors factors, int length) =>
        Enumerable.Range(0, factors.RowOfItem.Length + 5)
            .OrderBy(_ => random.Next())
            .Take(length)
            .Select(item => new HistoryEntry(item, (float)(random.NextDouble() * 9.9 + 0.1), 0))
            .ToArray();

    public static RecommenderModel Model(ItemFactors factors, string version) => new()
    {
        Manifest = new ModelManifest
        {
            Version = version,
            CreatedAt = default,
            DataFrom = default,
            DataTo = default,
            Events = 0,
            Users = 0,
            Items = 0,
            NextOrdinal = 0,
            Seed = 0,
            Hyperparameters = new Dictionary<string, double>(),
            Metrics = new Dictionary<string, double>(),
            FeatureSchemaHash = "",
            Files = new Dictionary<string, string>(),
        },
        Factors = factors,
        Neighbours = new ItemNeighbours { Offsets = [0], Items = [], Scores = [] },
        Popularity = [],
        Ranker = null!,
    };
}
