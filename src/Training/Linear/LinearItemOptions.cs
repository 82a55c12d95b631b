namespace Recs.Training.Linear;

/// <summary>
/// Hyper-parameters of <see cref="LinearItemModel"/>. With <see cref="Together"/> 1 and <see cref="MaxDiagonal"/> 0 it is
/// EASE (Steck 2019); with less it leans towards what comes after what (SLIST, Choi et al. 2021).
/// </summary>
public sealed record LinearItemOptions
{
    /// <summary>Weight of items being in one run at all against their order, 0 to 1. Default 1.</summary>
    public double Together { get; init; } = 1;

    /// <summary>Ridge. Default 300, above 0.</summary>
    public double Lambda { get; init; } = 300;

    /// <summary>Steps before a split after which an item counts 1/e. Default 3, above 0.</summary>
    public double PastDecay { get; init; } = 3;

    /// <summary>Steps after a split after which an item counts 1/e. Default 1, above 0.</summary>
    public double FutureDecay { get; init; } = 1;

    /// <summary>Largest distance of a pair whose order counts. Default 30, 1 to 1,000.</summary>
    public int Window { get; init; } = 30;

    /// <summary>What an item may at most say for itself: 0 where items are not met again, above where they are. Default 0.</summary>
    public double MaxDiagonal { get; init; }

    /// <summary>Share of all runs, from the end, after which one counts 1/e; infinity for all alike. Default infinity.</summary>
    public double RunDecay { get; init; } = double.PositiveInfinity;

    /// <summary>Weights kept per item, largest magnitude first. Default 200, 1 to 100,000.</summary>
    public int Kept { get; init; } = 200;

    /// <summary>
    /// Most items that are solved together, the most frequent; pairs with the others count with their plain ratio. Bounds
    /// memory at 4 bytes per pair. Default 20,000.
    /// </summary>
    public int MaxItems { get; init; } = 20_000;
}
