namespace Recs.Training.NextItem;

/// <summary>Shape and training of an <see cref="AttentionEncoder"/>.</summary>
public sealed record NextItemOptions
{
    /// <summary>Length of an item's vector, a multiple of 16. Default 64, 16 to 512.</summary>
    public int Dimension { get; init; } = 64;

    /// <summary>Attention blocks. Default 2, 1 to 8.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Heads of each block; a head is a multiple of 16 wide. Default 1.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Newest items of a history that are read. Default 100, 2 to 1,000.</summary>
    public int MaxLength { get; init; } = 100;

    /// <summary>Items drawn for each batch that the right one is told from, a multiple of 16; 0 takes all items. Default 512.</summary>
    public int Negatives { get; init; } = 512;

    /// <summary>Passes over the data. Default 20, 0 to 1,000.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>
    /// Passes after those, in which the right item is not told from items that the history already has: for lists that never
    /// hold them, whose scores then mean nothing. The step rises and falls again as in the first. Default 0, up to 1,000.
    /// </summary>
    public int UnmetEpochs { get; init; }

    /// <summary>Largest step of Adam, reached after a fiftieth of the training; from there it falls to 0 along a cosine. Default 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of activations left out in training. Default 0.2, 0 to 0.9.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Tokens of one step. Default 4,096.</summary>
    public int BatchTokens { get; init; } = 4_096;

    public void Check()
    {
        Require(Dimension is >= 16 and <= 512 && Dimension % 16 == 0, "dimension", Dimension, "a multiple of 16 up to 512");
        Require(Layers is >= 1 and <= 8, "layers", Layers, "1 to 8");
        Require(Heads >= 1 && Dimension % (16 * Heads) == 0, "heads", Heads, "a number that splits the dimension into multiples of 16");
        Require(MaxLength is >= 2 and <= 1_000, "maxLength", MaxLength, "2 to 1000");
        Require(Negatives >= 0 && Negatives % 16 == 0, "negatives", Negatives, "0 or a multiple of 16");
        Require(Epochs is >= 0 and <= 1_000, "epochs", Epochs, "0 to 1000");
        Require(UnmetEpochs is >= 0 and <= 1_000, "unmetEpochs", UnmetEpochs, "0 to 1000");
        Require(Epochs + UnmetEpochs > 0, "epochs", Epochs, "1 to 1000 without epochs over unmet items");
        Require(LearningRate is > 0 and <= 1, "learningRate", LearningRate, "above 0, at most 1");
        Require(Dropout is >= 0 and <= 0.9, "dropout", Dropout, "0 to 0.9");
        Require(BatchTokens >= MaxLength, "batchTokens", BatchTokens, "at least the longest history");

        static void Require(bool legal, string field, object value, string range)
        {
            if (!legal)
                throw RecommenderException.Invalid(field, value, range);
        }
    }
}
