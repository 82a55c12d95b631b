namespace Recs.Training.Ranking.Deep;

/// <summary>Settings of a deep and cross network. Validated before training; a bad one is named with its range.</summary>
public sealed record DcnOptions
{
    /// <summary>Length of a code's embedding. Default 16, 1 to 512.</summary>
    public int Embedding { get; init; } = 16;

    /// <summary>Cross layers. Default 3, 0 to 16.</summary>
    public int Cross { get; init; } = 3;

    /// <summary>Rank of the cross matrices; full when 0. Default 0, to 4,096.</summary>
    public int Rank { get; init; }

    /// <summary>Experts of a low-rank cross layer. Default 4, 1 to 64.</summary>
    public int Experts { get; init; } = 4;

    /// <summary>Units of the ReLU layers. Default 256, 128, 64; each 1 to 4,096.</summary>
    public IReadOnlyList<int> Deep { get; init; } = [256, 128, 64];

    /// <summary>ReLU layers behind the cross layers instead of beside them. Default false.</summary>
    public bool Stacked { get; init; }

    /// <summary>Share of ReLU outputs dropped in training. Default 0, to 0.9.</summary>
    public double Dropout { get; init; }

    /// <summary>L2 penalty l2 / 2 |w|^2 on the weights of cross, ReLU and output layers. Default 0, to 1.</summary>
    public double L2 { get; init; }

    /// <summary>The same on embeddings. Default 0, to 1.</summary>
    public double EmbeddingL2 { get; init; }

    /// <summary>Adam's step. Default 0.001, above 0, at most 1.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Rows a step. Default 1,024, 2 to 65,536.</summary>
    public int BatchRows { get; init; } = 1_024;

    /// <summary>Most passes over the rows. Default 20, 1 to 1,000.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Stops after this many passes without a better validation loss; never when 0. Default 2, to 1,000.</summary>
    public int Patience { get; init; } = 2;

    /// <summary>A code met less often than this counts as unknown. Default 1, 1 to 1,000,000.</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>A column of more codes than this has them hashed into as many rows. Default 100,000, 1 to 199,999.</summary>
    public int Buckets { get; init; } = 100_000;

    /// <summary>Columns that are the same for every candidate of a page; the scorer computes their part once.</summary>
    public IReadOnlyList<int> Shared { get; init; } = [];

    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; all cores when 0. The network does not depend on it.</summary>
    public int Threads { get; init; }

    internal void Check()
    {
        Range("embedding", Embedding, 1, 512);
        Range("cross", Cross, 0, 16);
        Range("rank", Rank, 0, 4_096);
        Range("experts", Experts, 1, 64);
        Range("deepLayers", Deep.Count, 0, 16);
        foreach (var units in Deep)
            Range("deep", units, 1, 4_096);
        Range("dropout", Dropout, 0, 0.9);
        Range("l2", L2, 0, 1);
        Range("embeddingL2", EmbeddingL2, 0, 1);
        Range("learningRate", LearningRate, 1e-9, 1);
        Range("batchRows", BatchRows, 2, 65_536);
        Range("epochs", Epochs, 1, 1_000);
        Range("patience", Patience, 0, 1_000);
        Range("minCount", MinCount, 1, 1_000_000);
        Range("buckets", Buckets, 1, DcnCategory.MaxRows - 1);
        Range("threads", Threads, 0, 1_024);

        static void Range(string field, double value, double least, double most)
        {
            if (!(value >= least && value <= most))
                throw RecommenderException.Invalid(field, value, FormattableString.Invariant($"{least} to {most}"));
        }
    }
}
