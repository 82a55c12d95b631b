namespace Recs.Training.Ranking.Trees;

/// <summary>
/// Labelled feature rows for a ranker's trainer, row-major; NaN is a missing value. Rows of one query follow each other.
/// Immutable by convention.
/// </summary>
public sealed class TrainingTable
{
    public required int Width { get; init; }

    /// <summary>Rows x <see cref="Width"/>.</summary>
    public required float[] Features { get; init; }

    /// <summary>0 or 1 for the logistic objective; a grade of 0 to 30 for LambdaRank.</summary>
    public required float[] Labels { get; init; }

    /// <summary>Weight of each row, 0 or more; null: all 1.</summary>
    public float[]? Weights { get; init; }

    /// <summary>Rows of each query, in order; needed for LambdaRank.</summary>
    public int[]? QuerySizes { get; init; }

    /// <summary>Columns whose values are category codes; empty: none.</summary>
    public IReadOnlyList<int> Categorical { get; init; } = [];

    public int Rows => Labels.Length;

    public ReadOnlySpan<float> Row(int row) => Features.AsSpan(row * Width, Width);

    public float WeightOf(int row) => Weights is null ? 1 : Weights[row];

    internal void Check(TreeObjective objective)
    {
        if (Rows == 0 || Width == 0)
            throw new ArgumentException($"a table of {Rows} rows and {Width} columns has nothing to learn from.");
        if (Features.Length != (long)Rows * Width)
            throw new ArgumentException($"features held {Features.Length} values; needed are {Rows} x {Width}.");
        if (Weights is not null && (Weights.Length != Rows || Weights.Any(w => !(w >= 0 && float.IsFinite(w)))))
            throw new ArgumentException($"weights must be {Rows} finite numbers of 0 or more.");
        if (objective == TreeObjective.LambdaRank && (QuerySizes is null || QuerySizes.Any(q => q < 0) || QuerySizes.Sum() != Rows))
            throw new ArgumentException($"query sizes must add up to the {Rows} rows.");
        var most = objective == TreeObjective.LambdaRank ? 30 : 1;
        foreach (var label in Labels)
        {
            if (!(label >= 0 && label <= most))
                throw new ArgumentException($"a label was {label}; legal is 0 to {most}.");
        }
    }
}
