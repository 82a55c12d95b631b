namespace Recs.Training.Ranking.Trees;

/// <summary>
/// A table's bins twice: by column, where rows are sent left or right, and in blocks of up to 16 features side by side,
/// where histograms are built. Immutable.
/// </summary>
internal sealed class BinnedTable
{
    public const int MaxBlockWidth = 16;

    private const int SampleRows = 200_000;

    private BinnedTable(FeatureBins[] features, int rows, int blocks)
    {
        Features = features;
        Rows = rows;
        Columns = new byte[features.Length][];
        SlotStart = new int[features.Length + 1];
        for (var f = 0; f < features.Length; f++)
            SlotStart[f + 1] = SlotStart[f] + features[f].Count + 1;
        BlockStart = new int[blocks + 1];
        for (var b = 0; b <= blocks; b++)
            BlockStart[b] = (int)((long)features.Length * b / blocks);
        Blocks = new byte[blocks][];
    }

    public FeatureBins[] Features { get; }

    public int Rows { get; }

    /// <summary>Bins of each feature, by row.</summary>
    public byte[][] Columns { get; }

    /// <summary>For each block, rows x features of the block.</summary>
    public byte[][] Blocks { get; }

    /// <summary>First feature of each block, and one past the last.</summary>
    public int[] BlockStart { get; }

    /// <summary>First histogram slot of each feature: its bins and one for missing values; and one past the last.</summary>
    public int[] SlotStart { get; }

    public int Slots => SlotStart[^1];

    public static BinnedTable Of(TrainingTable table, int maxBins, int threads)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        var features = new FeatureBins[table.Width];
        var step = Math.Max(1, table.Rows / SampleRows);
        Parallel.For(0, table.Width, parallel, f =>
        {
            var sample = new float[(table.Rows + step - 1) / step];
            for (var i = 0; i < sample.Length; i++)
                sample[i] = table.Features[(long)i * step * table.Width + f];
            features[f] = table.Categorical.Contains(f)
                ? FeatureBins.OfCategories(sample, maxBins)
                : FeatureBins.OfNumbers(sample, maxBins);
        });
        return Fill(table, features, threads);
    }

    /// <summary>Another table in the bins of this one.</summary>
    public BinnedTable Same(TrainingTable table, int threads) => Fill(table, Features, threads);

    private static BinnedTable Fill(TrainingTable table, FeatureBins[] features, int threads)
    {
        // As many blocks as threads where there are few features, so that both cores have work.
        var blocks = Math.Min(table.Width, Math.Max(2, (table.Width + MaxBlockWidth - 1) / MaxBlockWidth));
        var binned = new BinnedTable(features, table.Rows, blocks);
        Parallel.For(0, blocks, new ParallelOptions { MaxDegreeOfParallelism = threads }, b =>
        {
            var (from, to) = (binned.BlockStart[b], binned.BlockStart[b + 1]);
            var block = binned.Blocks[b] = new byte[(long)table.Rows * (to - from)];
            for (var f = from; f < to; f++)
            {
                var column = binned.Columns[f] = new byte[table.Rows];
                for (var r = 0; r < column.Length; r++)
                    block[(long)r * (to - from) + f - from] = column[r] = features[f].BinOf(table.Features[(long)r * table.Width + f]);
            }
        });
        return binned;
    }
}
