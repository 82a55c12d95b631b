namespace Recs.Engine.Tests.Retrieval;

/// <summary>Seeded vectors, masks and models for tests.</summary>
internal static class Worlds
{
    public static ItemFactors Factors(int items, int rank, int seed, Func<int, int>? itemOfRow = null)
    {
        var random = new Random(seed);
        var values = new float[items * rank];
        for (var row = 0; row < items; row++)
        {
            // Lengths vary as they do between popular and rare items.
            var length = (float)Math.Exp(Normal(random) * 0.5);
            for (var d = 0; d < rank; d++)
                values[row * rank + d] = length * (float)Normal(random);
        }
        var numbers = Enumerable.Range(0, items).Select(itemOfRow ?? (r => r)).ToArray();
        var rows = new int[items == 0 ? 0 : numbers.Max() + 1];
        Array.Fill(rows, -1);
        for (var row = 0; row < items; row++)
            rows[numbers[row]] = row;
        return new ItemFactors
        {
            Rank = rank,
            ItemOfRow = numbers,
            RowOfItem = rows,
            Values = values,
            Gramian = new double[rank * rank],
            Alpha = 1,
            UnobservedWeight = 0.1,
            Lambda = 0.01,
            RegularizationExponent = 1,
        };
    }

    public static float[] Query(int rank, Random random) =>
        Enumerable.Range(0, rank).Select(_ => (float)Normal(random)).ToArray();

    public static ItemMask Mask(int length, double share, Random random)
    {
        var mask = new ItemMask();
        mask.Reset(length);
        for (var i = 0; i < length; i++)
        {
            if (random.NextDouble() < share)
                mask.Add(i);
        }
        return mask;
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
