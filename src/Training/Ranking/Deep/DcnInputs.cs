using Recs.Training.Ranking.Trees;

namespace Recs.Training.Ranking.Deep;

/// <summary>A table as a network reads it: standardised numbers, and the embedding row of each code. Immutable.</summary>
internal sealed class DcnInputs
{
    private DcnInputs(int rows, int numbers, int categories)
    {
        Numbers = new float[(long)rows * numbers];
        Rows = new int[(long)rows * categories];
    }

    /// <summary>Rows x numeric inputs.</summary>
    public float[] Numbers { get; }

    /// <summary>Rows x categories: rows of the embedding tables.</summary>
    public int[] Rows { get; }

    public static DcnInputs Of(TrainingTable table, DcnNetwork network, ParallelOptions parallel)
    {
        const int Chunk = 4_096;
        var shape = network.Shape;
        var inputs = new DcnInputs(table.Rows, shape.Numeric.Length, shape.Categories.Length);
        Parallel.For(0, (table.Rows + Chunk - 1) / Chunk, parallel, chunk =>
        {
            for (var r = chunk * Chunk; r < Math.Min(table.Rows, (chunk + 1) * Chunk); r++)
            {
                var row = table.Row(r);
                network.FillNumbers(row, inputs.Numbers.AsSpan(r * shape.Numeric.Length, shape.Numeric.Length));
                for (var c = 0; c < shape.Categories.Length; c++)
                    inputs.Rows[r * shape.Categories.Length + c] = shape.Categories[c].RowOf(row[shape.Categories[c].Column]);
            }
        });
        return inputs;
    }

    /// <summary>The untrained network for a table: columns sorted, codes counted, numbers measured, weights drawn.</summary>
    public static DcnNetwork FirstNetwork(TrainingTable table, DcnOptions options)
    {
        var categorical = table.Categorical.ToHashSet();
        var numeric = Enumerable.Range(0, table.Width).Where(c => !categorical.Contains(c)).ToArray();
        // What a page shares stands first, so that it can be taken out of the first layers.
        numeric = [.. numeric.Where(options.Shared.Contains), .. numeric.Where(c => !options.Shared.Contains(c))];
        var shape = new DcnShape
        {
            Width = table.Width,
            Numeric = numeric,
            Shared = numeric.Count(options.Shared.Contains),
            Categories = [.. table.Categorical.Order().Select(c => Category(table, c, options))],
            Cross = options.Cross,
            Rank = options.Rank,
            Experts = options.Rank > 0 ? options.Experts : 0,
            Deep = [.. options.Deep],
            Stacked = options.Stacked,
        };
        var (means, scales) = Moments(table, numeric);
        return new DcnNetwork(shape, means, scales, FirstParameters(new DcnLayout(shape), new Random(options.Seed)));
    }

    private static DcnCategory Category(TrainingTable table, int column, DcnOptions options)
    {
        var counts = new Dictionary<int, int>();
        for (var r = 0; r < table.Rows; r++)
        {
            var value = table.Row(r)[column];
            if ((int)value == value && (uint)value < DcnCategory.MaxCode)
                counts[(int)value] = counts.GetValueOrDefault((int)value) + 1;
        }

        int[] known = [.. counts.Where(c => c.Value >= options.MinCount).Select(c => c.Key).Order()];
        return known.Length > options.Buckets
            ? new DcnCategory(column, options.Embedding, [], options.Buckets)
            : new DcnCategory(column, options.Embedding, known);
    }

    private static (float[] Means, float[] InverseScales) Moments(TrainingTable table, int[] numeric)
    {
        var (means, scales) = (new float[numeric.Length], new float[numeric.Length]);
        for (var i = 0; i < numeric.Length; i++)
        {
            double sum = 0, squares = 0, count = 0;
            for (var r = 0; r < table.Rows; r++)
            {
                if (table.Row(r)[numeric[i]] is var value && float.IsFinite(value))
                {
                    sum += value;
                    count++;
                }
            }

            var mean = count > 0 ? sum / count : 0;
            for (var r = 0; r < table.Rows; r++)
            {
                if (table.Row(r)[numeric[i]] is var value && float.IsFinite(value))
                    squares += (value - mean) * (value - mean);
            }

            means[i] = (float)mean;
            // A number that never varied says nothing.
            scales[i] = count > 0 && Math.Sqrt(squares / count) is > 1e-7 and var deviation ? (float)(1 / deviation) : 0;
        }

        return (means, scales);
    }

    private static float[] FirstParameters(DcnLayout layout, Random random)
    {
        var parameters = new float[layout.Length];
        foreach (var matrix in layout.All)
        {
            if (matrix.IsBias)
                continue;
            // Glorot and Bengio (2010), normal; embeddings small, so that rare ones say little.
            var isEmbedding = Array.IndexOf(layout.Embeddings, matrix) >= 0;
            var scale = isEmbedding ? 0.01 : Math.Sqrt(2.0 / (matrix.Rows + matrix.Columns));
            foreach (ref var value in matrix.In(parameters))
                value = (float)(scale * Normal(random));
        }

        return parameters;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
