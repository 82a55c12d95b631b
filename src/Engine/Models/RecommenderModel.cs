using System.Numerics.Tensors;

namespace Recs.Engine.Models;

/// <summary>
/// One trained model, loaded: immutable, bound to one process's item numbers. A page holds one from start to end.
/// </summary>
public sealed class RecommenderModel
{
    private IVectorIndex? _index;

    public required ModelManifest Manifest { get; init; }

    public string Version => Manifest.Version;

    public required ItemFactors Factors { get; init; }

    /// <summary>Searches <see cref="Factors"/>. Made on first use, which takes seconds for a hundred thousand: touch it before the model serves.</summary>
    public IVectorIndex Index => LazyInitializer.EnsureInitialized(ref _index, () => new FactorIndex(Factors));

    /// <summary>Item-to-item neighbours by co-occurrence.</summary>
    public required ItemNeighbours Neighbours { get; init; }

    /// <summary>
    /// Item-to-item weights in closed form: what each item of a history adds to the score of others, negative ones among
    /// them; strongest magnitude first. Empty where none were trained.
    /// </summary>
    public ItemNeighbours Linear { get; init; } = ItemNeighbours.None;

    /// <summary>Popularity by item number, decayed counts; 0 beyond its length.</summary>
    public required float[] Popularity { get; init; }

    public required IRanker Ranker { get; init; }

    /// <summary>Log-odds of a purchase, given a positive response; null where too few purchases were there to learn from.</summary>
    public IRanker? Conversion { get; init; }
}

/// <summary>Item factors of a matrix factorisation, by dense row. Immutable.</summary>
public sealed class ItemFactors
{
    private float[]? _norms;

    public required int Rank { get; init; }

    /// <summary>Item number of each row.</summary>
    public required int[] ItemOfRow { get; init; }

    /// <summary>Row of each item number, -1 for none; numbers past its end have none.</summary>
    public required int[] RowOfItem { get; init; }

    /// <summary>Rows x Rank, row-major.</summary>
    public required float[] Values { get; init; }

    /// <summary>Rank x Rank, row-major: sum over rows of y y', in double precision from the float rows.</summary>
    public required double[] Gramian { get; init; }

    /// <summary>
    /// Confidence is UnobservedWeight + Alpha r for an item with feedback r and UnobservedWeight for the rest, so the
    /// Gramian enters the solve times UnobservedWeight, an observed y y' times Alpha r, and the right side holds
    /// (UnobservedWeight + Alpha r) y. Above 0.
    /// </summary>
    public required double Alpha { get; init; }

    /// <summary>Weight of the unobserved entries (alpha0 of Rendle et al. 2021), above 0.</summary>
    public required double UnobservedWeight { get; init; }

    public required double Lambda { get; init; }

    /// <summary>Exponent nu of the frequency-scaled regularisation, 0 to 1.</summary>
    public required double RegularizationExponent { get; init; }

    public int Rows => ItemOfRow.Length;

    /// <summary>Length of each row's vector; made on first use.</summary>
    public float[] Norms => _norms ??= MakeNorms();

    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Rank, Rank);

    /// <summary>Row of an item number, or -1.</summary>
    public int RowOf(int item) => (uint)item < (uint)RowOfItem.Length ? RowOfItem[item] : -1;

    /// <summary>The ridge added to the diagonal for a user with <paramref name="n"/> known history items.</summary>
    public double Ridge(int n) => Lambda * Math.Pow(n + UnobservedWeight * Rows, RegularizationExponent);

    private float[] MakeNorms()
    {
        var norms = new float[Rows];
        for (var row = 0; row < norms.Length; row++)
            norms[row] = TensorPrimitives.Norm(Row(row));
        return norms;
    }
}

/// <summary>For each item its nearest others, strongest first. Immutable.</summary>
public sealed class ItemNeighbours
{
    public static ItemNeighbours None { get; } = new() { Offsets = [0], Items = [], Scores = [] };

    /// <summary>Start of each item number's run in <see cref="Items"/>; one longer than the numbers covered.</summary>
    public required int[] Offsets { get; init; }

    public required int[] Items { get; init; }

    public required float[] Scores { get; init; }

    public ReadOnlySpan<int> Of(int item) =>
        (uint)item < (uint)(Offsets.Length - 1) ? Items.AsSpan(Offsets[item], Offsets[item + 1] - Offsets[item]) : [];

    public ReadOnlySpan<float> ScoresOf(int item) =>
        (uint)item < (uint)(Offsets.Length - 1) ? Scores.AsSpan(Offsets[item], Offsets[item + 1] - Offsets[item]) : [];

    /// <summary>Hints for a loop over some items' runs: those of <paramref name="next"/> come soon, those of <paramref name="later"/> after them; -1 for none.</summary>
    internal void Prefetch(int next, int later)
    {
        if ((uint)later < (uint)Offsets.Length)
            MemoryHint.Soon(in Offsets[later]);
        if ((uint)next >= (uint)(Offsets.Length - 1) || Offsets[next] is var start && start == Offsets[next + 1])
            return;
        MemoryHint.FirstLines(Items.AsSpan(start));
        MemoryHint.FirstLines(Scores.AsSpan(start));
    }
}

/// <summary>manifest.json of a model folder.</summary>
public sealed record ModelManifest
{
    /// <summary>Format of the folder; 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The folder's name; sorts by age: "20261121-031502-a1b2c3".</summary>
    public required string Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Time range of the events.</summary>
    public required DateTimeOffset DataFrom { get; init; }

    public required DateTimeOffset DataTo { get; init; }

    public required long Events { get; init; }

    public required int Users { get; init; }

    public required int Items { get; init; }

    /// <summary>First event-log record not trained on.</summary>
    public required long NextOrdinal { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyDictionary<string, double> Hyperparameters { get; init; }

    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Which ranker serves: logistic, trees, dcn or onnx; null in folders of before there were several.</summary>
    public string? Ranker { get; init; }

    /// <summary>How far the ranker's probabilities came true on held-out pages, in ten bins; null when it was not trained.</summary>
    public IReadOnlyList<ReliabilityBin>? Reliability { get; init; }

    /// <summary>What an operator should know of the training, when there is something.</summary>
    public string? Note { get; init; }

    /// <summary>Hash of the feature schema that the ranker was trained on.</summary>
    public required string FeatureSchemaHash { get; init; }

    /// <summary>SHA-256 of every other file of the folder, lower-case hex.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }
}

/// <param name="Predicted">Mean probability of the bin's rows.</param>
/// <param name="Observed">Their share of positive responses.</param>
/// <param name="Weight">Rows, weighted.</param>
public sealed record ReliabilityBin(double Predicted, double Observed, double Weight);
