using System.Globalization;
using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Training.Linear;
using Recs.Training.NextItem;
using Recs.Training.TwoStage;

namespace Recs.Training.OfflineModels;

/// <summary>
/// A model as settings: "ease lambda=300", "sessions k=200 m=1000", or several whose candidates a ranker orders:
/// "two-stage trees=400 | ease lambda=300 | als". Settings not named have their defaults.
/// </summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Settings">By name.</param>
public sealed record ModelSpec(string Kind, IReadOnlyDictionary<string, double> Settings)
{
    private const string TwoStageKind = "two-stage";

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        [TwoStageKind] = ["linear", "candidates", "queries", "trees", "leaves", "rate", "ridge", "ascent"],
        ["popularity"] = ["decay"],
        ["als"] = ["rank", "epochs", "alpha", "unobserved", "lambda", "exponent", "recency"],
        ["ease"] = ["lambda", "kept", "recency", "runDecay", "cap", "maxItems"],
        ["linear"] = ["together", "lambda", "past", "future", "window", "diagonal", "runDecay", "kept", "recency", "cap", "maxItems"],
        ["covisit"] = ["decay", "window", "source", "target", "shrinkage", "recency", "runDecay", "kept", "backward"],
        ["attention"] = ["dimension", "layers", "heads", "length", "negatives", "epochs", "rate", "dropout", "batch", "unmet", "seed", "once"],
        ["sessions"] = ["m", "k", "last", "query", "distance", "backward", "age", "length", "rarity", "repeat", "items"],
    };

    public static IReadOnlyCollection<string> Kinds => Known.Keys;

    /// <summary>The models that a two-stage model takes its candidates from; none for others.</summary>
    public IReadOnlyList<ModelSpec> Parts { get; init; } = [];

    /// <exception cref="RecommenderException">Invalid: an unknown kind or setting, or a value that is no number.</exception>
    public static ModelSpec Parse(string text)
    {
        var parts = text.Split('|');
        var first = ParseOne(parts[0]);
        if (first.Kind == TwoStageKind == (parts.Length == 1))
            throw RecommenderException.Invalid("model", text, $"one model, or {TwoStageKind} and models with | between");
        return first with { Parts = [.. parts[1..].Select(ParseOne)] };
    }

    private static ModelSpec ParseOne(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !Known.TryGetValue(words[0], out var known))
            throw RecommenderException.Invalid("model", text, string.Join(", ", Known.Keys) + ", and settings such as lambda=300");
        var settings = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var word in words[1..])
        {
            var parts = word.Split('=');
            if (parts.Length != 2 || !known.Contains(parts[0])
                || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || double.IsNaN(value))
            {
                throw RecommenderException.Invalid("model", word, $"a number for one of {string.Join(", ", known)}");
            }

            settings[parts[0]] = value;
        }

        return new ModelSpec(words[0], settings);
    }

    public ModelSpec With(string setting, double value) =>
        this with { Settings = new SortedDictionary<string, double>(Settings.ToDictionary(), StringComparer.Ordinal) { [setting] = value } };

    public override string ToString() => Kind + string.Concat(Settings.OrderBy(static s => s.Key, StringComparer.Ordinal)
        .Select(static s => FormattableString.Invariant($" {s.Key}={s.Value:G6}"))) + string.Concat(Parts.Select(static p => $" | {p}"));

    public IOfflineModel Create() => Kind switch
    {
        TwoStageKind => TwoStage(),
        "popularity" => new PopularityModel(Of("decay", double.PositiveInfinity)),
        "als" => new AlsModel(
            Whole("rank", 64), Whole("epochs", 12), Of("alpha", 1), Of("unobserved", 0.3), Of("lambda", 0.025), Of("exponent", 1),
            Of("recency", double.PositiveInfinity)),
        "ease" or "linear" => Linear(),
        "attention" => Attention(),
        "covisit" => new CoVisitModel(
            Of("decay", 2), Whole("window", 20), Of("source", 1), Of("target", 0.3), Of("shrinkage", 10), Of("recency", 3),
            Of("runDecay", double.PositiveInfinity), Whole("kept", 500), Of("backward", 0)),
        _ => Sessions(),
    };

    private TwoStageModel TwoStage()
    {
        var defaults = new TwoStageOptions();
        return new TwoStageModel(Parts, defaults with
        {
            Ranker = Of("linear", 0) > 0 ? SecondStage.Linear : SecondStage.Trees,
            Candidates = Whole("candidates", defaults.Candidates),
            MaxQueries = Whole("queries", defaults.MaxQueries),
            Trees = Whole("trees", defaults.Trees),
            Leaves = Whole("leaves", defaults.Leaves),
            LearningRate = Of("rate", defaults.LearningRate),
            Ridge = Of("ridge", defaults.Ridge),
            Ascent = Of("ascent", 0) > 0,
        });
    }

    private NextItemModel Attention()
    {
        var defaults = new NextItemOptions();
        return new NextItemModel(defaults with
        {
            Dimension = Whole("dimension", defaults.Dimension),
            Layers = Whole("layers", defaults.Layers),
            Heads = Whole("heads", defaults.Heads),
            MaxLength = Whole("length", defaults.MaxLength),
            Negatives = Whole("negatives", defaults.Negatives),
            Epochs = Whole("epochs", defaults.Epochs),
            LearningRate = Of("rate", defaults.LearningRate),
            Dropout = Of("dropout", defaults.Dropout),
            BatchTokens = Whole("batch", defaults.BatchTokens),
            UnmetEpochs = Whole("unmet", 0),
        }, Of("once", 0) > 0, Whole("seed", 0));
    }

    private LinearModel Linear()
    {
        var ordered = Kind == "linear";
        return new LinearModel(
            new LinearItemOptions
            {
                Together = ordered ? Of("together", 0.2) : 1,
                Lambda = Of("lambda", ordered ? 10 : 300),
                PastDecay = Of("past", 3),
                FutureDecay = Of("future", 1),
                Window = Whole("window", 30),
                MaxDiagonal = ordered ? Of("diagonal", 0) : 0,
                RunDecay = Of("runDecay", double.PositiveInfinity),
                Kept = Whole("kept", 20_000),
                MaxItems = Whole("maxItems", 20_000),
            },
            Of("recency", ordered ? 3 : double.PositiveInfinity), Whole("cap", 4_096));
    }

    private SessionNeighbourModel Sessions()
    {
        var defaults = new SessionNeighbourOptions();
        return new SessionNeighbourModel(
            defaults with
            {
                SessionsPerItem = Whole("m", defaults.SessionsPerItem),
                Neighbours = Whole("k", defaults.Neighbours),
                QueryItems = Whole("last", defaults.QueryItems),
                QueryDecay = Of("query", defaults.QueryDecay),
                DistanceDecay = Of("distance", defaults.DistanceDecay),
                BackwardWeight = Of("backward", defaults.BackwardWeight),
                LengthPower = Of("length", defaults.LengthPower),
                RarityPower = Of("rarity", defaults.RarityPower),
                RepeatWeight = Of("repeat", defaults.RepeatWeight),
                MaxSessionItems = Whole("items", defaults.MaxSessionItems),
            },
            Of("age", double.PositiveInfinity));
    }

    private double Of(string setting, double standard) => Settings.TryGetValue(setting, out var value) ? value : standard;

    private int Whole(string setting, int standard) => (int)Math.Round(Of(setting, standard));
}
