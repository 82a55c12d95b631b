namespace Recs.Engine.Ranking.Deep;

/// <summary>
/// The shape of a deep and cross network, version 2 (Wang et al. 2021): standardised numbers and embeddings of codes, then
/// cross layers x' = x0 * (W x + b) + x, or their low-rank mixture of experts, and ReLU layers behind them (stacked) or
/// beside them (parallel). Immutable.
/// </summary>
public sealed record DcnShape
{
    /// <summary>Bounds that keep a hostile file from being costly.</summary>
    public const int MaxInputs = 4_096, MaxLayers = 16, MaxUnits = 4_096, MaxParameters = 256 << 20;

    /// <summary>Values in a row.</summary>
    public required int Width { get; init; }

    /// <summary>Columns that hold numbers, in the order of the network's inputs.</summary>
    public required int[] Numeric { get; init; }

    /// <summary>The first so many numeric inputs are the same for every candidate of a page (user, context); 0 when unknown.</summary>
    public int Shared { get; init; }

    /// <summary>Columns that hold codes; their embeddings follow the numbers.</summary>
    public required DcnCategory[] Categories { get; init; }

    /// <summary>Cross layers, 0 to 16.</summary>
    public required int Cross { get; init; }

    /// <summary>Rank of a cross layer's matrices; 0: full.</summary>
    public int Rank { get; init; }

    /// <summary>Experts of a low-rank cross layer; 1 or more when <see cref="Rank"/> is.</summary>
    public int Experts { get; init; }

    /// <summary>Units of each ReLU layer.</summary>
    public required int[] Deep { get; init; }

    /// <summary>The ReLU layers read what the cross layers made; otherwise the inputs.</summary>
    public bool Stacked { get; init; }

    public int Inputs => Numeric.Length + Categories.Sum(c => c.Dimensions);

    public int DeepInputs => Inputs;

    /// <summary>What the output layer reads.</summary>
    public int Outputs => Deep.Length == 0 ? Inputs : Stacked ? Deep[^1] : Inputs + Deep[^1];

    /// <summary>Throws <see cref="InvalidDataException"/> naming what is out of range.</summary>
    internal void Validate()
    {
        Range("columns", Width, 1, 65_536);
        Range("inputs", Inputs, 1, MaxInputs);
        Range("shared inputs", Shared, 0, Numeric.Length);
        Range("cross layers", Cross, 0, MaxLayers);
        Range("deep layers", Deep.Length, 0, MaxLayers);
        Range("rank", Rank, 0, MaxUnits);
        Range("experts", Experts, Rank > 0 ? 1 : 0, Rank > 0 ? 64 : 0);
        foreach (var units in Deep)
            Range("units", units, 1, MaxUnits);
        foreach (var column in Numeric)
            Range("numeric column", column, 0, Width - 1);
        foreach (var category in Categories)
        {
            Range("category column", category.Column, 0, Width - 1);
            Range("embedding size", category.Dimensions, 1, 512);
            Range("embedding rows", category.Rows, 1, DcnCategory.MaxRows);
        }

        static void Range(string what, long value, long least, long most)
        {
            if (value < least || value > most)
                throw new InvalidDataException($"network: {what} was {value}; legal is {least} to {most}.");
        }
    }
}

/// <summary>
/// How a column's codes become rows of an embedding table. Row 0 is the unknown: what was rare or absent in training, and
/// what is no code. Otherwise a row for each known code, or, hashed, one shared by the codes of equal hash. Immutable.
/// </summary>
public sealed class DcnCategory
{
    public const int MaxRows = 200_000, MaxCode = 1 << 24;

    private const long Multiplier = 2_654_435_761, Modulus = 1L << 32;

    private readonly int[] _rowOf;

    /// <param name="column">Column of the row.</param>
    /// <param name="dimensions">Length of an embedding.</param>
    /// <param name="codes">Known codes; ignored when hashed.</param>
    /// <param name="buckets">Hash buckets, 0 for a row each.</param>
    public DcnCategory(int column, int dimensions, int[] codes, int buckets = 0)
    {
        Column = column;
        Dimensions = dimensions;
        Codes = codes;
        Buckets = buckets;
        Rows = 1 + (buckets > 0 ? buckets : codes.Length);
        if (codes.Any(c => (uint)c >= MaxCode))
            throw new InvalidDataException($"network: a category code is outside 0 to {MaxCode - 1}.");
        _rowOf = new int[codes.Length == 0 ? 0 : codes.Max() + 1];
        for (var i = 0; i < codes.Length; i++)
            _rowOf[codes[i]] = i + 1;
    }

    public int Column { get; }

    public int Dimensions { get; }

    public IReadOnlyList<int> Codes { get; }

    public int Buckets { get; }

    public int Rows { get; }

    /// <summary>Row of each code up to the largest known one.</summary>
    public ReadOnlySpan<int> RowOfCode => _rowOf;

    public int RowOf(float value)
    {
        var code = (int)value;
        if (code != value || (uint)code >= MaxCode)
            return 0;
        if (Buckets > 0)
            return 1 + (int)(code * Multiplier % Modulus % Buckets);
        return code < _rowOf.Length ? _rowOf[code] : 0;
    }
}
