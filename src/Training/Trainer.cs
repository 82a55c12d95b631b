using Recs.Engine.Embedded;
using Recs.Engine.Ranking.Objectives;
using Recs.Training.Data;
using Recs.Training.Ranking;

namespace Recs.Training;

/// <summary>Trains a model from a data folder (which a server may be using) into its models folder.</summary>
public static class Trainer
{
    /// <summary>Share of the events, by time, that the ranker's first stage is trained on.</summary>
    private const double EarlierShare = 0.9;

    /// <summary>
    /// Reads events and catalogue, trains the ranker on a model of the earlier events, then the served model on all,
    /// and writes it as a new version. Runs on the pool; the written manifest is the result.
    /// </summary>
    /// <exception cref="RecommenderException">
    /// Invalid: an option is out of range. NotFound: the folder is no data folder. Conflict: it holds no positive event.
    /// </exception>
    public static Task<ModelManifest> TrainAsync(
        TrainingOptions options, TimeProvider time, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options.Check();
        options = options.WithPagesOfFolder();
        return Task.Run(() => Train(options, time, progress, cancellationToken), cancellationToken);
    }

    private static ModelManifest Train(
        TrainingOptions options, TimeProvider time, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        void Report(string stage, double done, string detail) => progress?.Report(new TrainingProgress(stage, done, detail));
        var started = time.GetTimestamp();

        Report("reading events", 0, "opening the event log");
        var (events, catalog) = FolderContents.Read(
            options.DataDirectory, count => Report("reading events", 0.5, $"{count} events"), cancellationToken);
        var positives = Enumerable.Range(0, events.Count).Count(e => events.StrengthOf(e) > 0);
        if (positives == 0)
        {
            throw new RecommenderException(RefusalKind.Conflict,
                $"There is nothing to train on: '{options.DataDirectory}' holds {events.Count} events, none of them positive feedback. Import or observe some first.");
        }

        Report("reading events", 1, $"{events.Count} events, {catalog.ItemCount} items");
        AutoChoice? choice = null;
        if (options.Auto)
        {
            choice = AutoChooser.Choose(events, catalog.Count, options, (done, words) => Report("choosing", done, words), cancellationToken);
            options = choice.Options;
        }

        var parts = new ModelPartsTrainer(events, catalog, options, time, cancellationToken);

        // Half of the factorisation's progress is the earlier model, half the served one.
        var cut = EarlierEnd(events);
        TrainedRanker ranker;
        if (cut > 0)
        {
            var earlier = parts.Train(cut, (done, detail) => Report("factorisation", done / 2, $"earlier events: {detail}"));
            var judge = earlier.With(FallbackRanker.Instance, Manifest("earlier-events", time.GetUtcNow()));
            ranker = RankerTraining.Train(events, cut, catalog, judge, options,
                (done, detail) => Report("ranker", done, detail), cancellationToken);
        }
        else
        {
            ranker = new TrainedRanker(FallbackRanker.Instance, new Dictionary<string, double>(),
                "All events have one time, so there is no later part to train a ranker on. The hand-set ranker serves.");
        }

        var served = parts.Train(events.Count, (done, detail) => Report("factorisation", 0.5 + done / 2, detail));
        Report("neighbours", 1, $"{served.Neighbours.Items.Length} neighbours of {served.Factors.Rows} items");
        cancellationToken.ThrowIfCancellationRequested();

        Report("writing", 0, "writing the model folder");
        var models = DataFolder.Models(options.DataDirectory);
        var now = time.GetUtcNow();
        var version = ModelFolder.NewVersion(models, now, $"seed {options.Seed}, record {events.NextOrdinal}");
        var metrics = new Dictionary<string, double>(ranker.Metrics) { ["als.loss"] = served.Loss };
        if (choice is not null)
        {
            foreach (var (name, value) in choice.Metrics)
                metrics[name] = value;
        }

        var model = served.With(ranker.Ranker, Manifest(version, now) with
        {
            Items = served.Factors.Rows,
            Metrics = metrics,
            Note = choice is null ? ranker.Note : string.Join(' ', new[] { choice.Why, ranker.Note }.Where(static n => n is not null)),
            Ranker = ranker.Ranker switch
            {
                TreeRanker => "trees",
                DcnRanker => "dcn",
                _ => "logistic",
            },
            Reliability = ranker.Reliability,
        }, ranker.Conversion);
        // Named before it appears, so that no host takes it up in between.
        if (options.Shadow)
            ScoringBook.SetShadow(DataFolder.Scoring(options.DataDirectory), new ShadowSettings(version, 1));
        ModelFolder.Write(models, model, catalog, looksOn: options.Shadow);
        ModelFolder.Retain(models, options.KeepVersions, ScoringBook.NamedShadow(DataFolder.Scoring(options.DataDirectory)));
        var manifest = ModelFolder.ReadManifest(Path.Combine(models, version));
        Report("writing", 1, FormattableString.Invariant($"{version} after {time.GetElapsedTime(started).TotalSeconds:0.0} s"));
        return manifest;

        ModelManifest Manifest(string name, DateTimeOffset at) => new()
        {
            Version = name,
            CreatedAt = at,
            DataFrom = DateTimeOffset.FromUnixTimeMilliseconds(events.AtMs[0]),
            DataTo = DateTimeOffset.FromUnixTimeMilliseconds(events.AtMs[^1]),
            Events = events.Count,
            Users = events.User.Distinct().Count(),
            Items = 0,
            NextOrdinal = events.NextOrdinal,
            Seed = options.Seed,
            Hyperparameters = options.Hyperparameters(),
            Metrics = new Dictionary<string, double>(),
            FeatureSchemaHash = FeatureSchema.Hash,
            Files = new Dictionary<string, string>(),
        };
    }

    /// <summary>Where the earlier part ends: a position where the time changes, 0 when it never does.</summary>
    internal static int EarlierEnd(EventColumns events, double share = EarlierShare)
    {
        var cut = (int)(events.Count * share);
        while (cut > 0 && events.AtMs[cut] == events.AtMs[cut - 1])
            cut--;
        return cut;
    }
}

/// <summary>Hyper-parameters; validated, a bad one is named with its range.</summary>
public sealed record TrainingOptions
{
    public required string DataDirectory { get; init; }

    /// <summary>Rank of the factorisation. Default 64, 4 to 512.</summary>
    public int Rank { get; init; } = 64;

    /// <summary>ALS epochs. Default 12, 1 to 200.</summary>
    public int Epochs { get; init; } = 12;

    /// <summary>Confidence UnobservedWeight + Alpha r of an observed entry. Default 1, above 0, at most 1,000.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Weight of unobserved entries (alpha0). Default 0.3, above 0, at most 1,000.</summary>
    public double UnobservedWeight { get; init; } = 0.3;

    /// <summary>Regularisation. Default 0.025, above 0, at most 1,000.</summary>
    public double Lambda { get; init; } = 0.025;

    /// <summary>Exponent of the frequency-scaled regularisation. Default 1, 0 to 1.</summary>
    public double RegularizationExponent { get; init; } = 1;

    /// <summary>Neighbours kept per item. Default 100, 1 to 1,000.</summary>
    public int Neighbours { get; init; } = 100;

    /// <summary>Ridge of the closed-form item weights. Default 200, above 0, at most 1,000,000.</summary>
    public double LinearLambda { get; init; } = 200;

    /// <summary>
    /// Most items, the most frequent, that closed-form weights are solved for; 4 bytes a pair, time by the third power.
    /// Default 4,000, 0 (no such weights) to 20,000.
    /// </summary>
    public int LinearItems { get; init; } = 4_000;

    /// <summary>
    /// How the pages are made that the second stage learns from. Default: as the folder's host makes them
    /// (<see cref="PageSettings.Read"/>), so that it learns from what it is going to rank.
    /// </summary>
    public PageSettings? Pages { get; init; }

    /// <summary>What the second stage is. Default logistic.</summary>
    public RankerKind Ranker { get; init; } = RankerKind.Logistic;

    /// <summary>What the second stage learns from. Default replayed pages.</summary>
    public RankerRows RankerRows { get; init; } = RankerRows.Replayed;

    /// <summary>How position bias is undone where it learns from shown pages. Default not at all.</summary>
    public PositionBias PositionBias { get; init; } = PositionBias.None;

    /// <summary>A purchase this long after a response is put down to it, hours. Default 24, 1 to 8,760.</summary>
    public int ConversionHours { get; init; } = 24;

    /// <summary>The model only looks on: it scores what the serving one scores, and is compared. Default false.</summary>
    public bool Shadow { get; init; }

    /// <summary>
    /// Chooses rank, weights, regularisation and the closed-form weights' ridge, or to do without them, on a time split of
    /// the events; why is in the manifest's note. Default false.
    /// </summary>
    public bool Auto { get; init; }

    /// <summary>Model versions kept in the folder, the new one among them. Default 5, 1 to 1,000.</summary>
    public int KeepVersions { get; init; } = 5;

    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; all cores when 0. Default 0, to 1,024. The model does not depend on it.</summary>
    public int Threads { get; init; }

    internal void Check()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
            throw RecommenderException.Invalid("dataDirectory", DataDirectory, "the path of a data folder");
        Whole("rank", Rank, 4, 512);
        Whole("epochs", Epochs, 1, 200);
        Above0("alpha", Alpha);
        Above0("unobservedWeight", UnobservedWeight);
        Above0("lambda", Lambda);
        if (!(RegularizationExponent is >= 0 and <= 1))
            throw RecommenderException.Invalid("regularizationExponent", RegularizationExponent, "0 to 1");
        Whole("neighbours", Neighbours, 1, 1_000);
        if (!(LinearLambda is > 0 and <= 1_000_000))
            throw RecommenderException.Invalid("linearLambda", LinearLambda, "above 0, at most 1000000");
        Whole("linearItems", LinearItems, 0, 20_000);
        if (!Enum.IsDefined(Ranker))
            throw RecommenderException.Invalid("ranker", Ranker, "logistic, trees or dcn");
        if (!Enum.IsDefined(RankerRows))
            throw RecommenderException.Invalid("rankerRows", RankerRows, "replayed or shown");
        if (!Enum.IsDefined(PositionBias) || PositionBias != PositionBias.None && RankerRows != RankerRows.Shown)
            throw RecommenderException.Invalid("positionBias", PositionBias, "none, feature or propensity, the last two for shown rows alone");
        if (PositionBias == PositionBias.Feature && Ranker == RankerKind.Dcn)
            throw RecommenderException.Invalid("positionBias", PositionBias, "none or propensity for the dcn ranker");
        if (Pages is not null)
        {
            OptionsCheck.Throw(ServedPages());
            OptionsCheck.Throw(Pages.Sessions);
        }

        Whole("conversionHours", ConversionHours, 1, 8_760);
        Whole("keepVersions", KeepVersions, 1, 1_000);
        Whole("threads", Threads, 0, 1_024);

        static void Whole(string field, int value, int least, int most)
        {
            if (value < least || value > most)
                throw RecommenderException.Invalid(field, value, $"{least} to {most}");
        }

        static void Above0(string field, double value)
        {
            if (!(value is > 0 and <= 1_000))
                throw RecommenderException.Invalid(field, value, "above 0, at most 1000");
        }
    }

    /// <summary>With the folder's page settings where none were given; read once, so that one training has one.</summary>
    internal TrainingOptions WithPagesOfFolder() => this with { Pages = Pages ?? PageSettings.Read(DataDirectory) };

    /// <summary>What pages are replayed with. After <see cref="WithPagesOfFolder"/>.</summary>
    internal RecommenderOptions ServedPages() => Pages!.ApplyTo(new RecommenderOptions());

    internal Dictionary<string, double> Hyperparameters() => new()
    {
        ["rank"] = Rank,
        ["epochs"] = Epochs,
        ["alpha"] = Alpha,
        ["unobservedWeight"] = UnobservedWeight,
        ["lambda"] = Lambda,
        ["regularizationExponent"] = RegularizationExponent,
        ["neighbours"] = Neighbours,
        ["linearLambda"] = LinearLambda,
        ["linearItems"] = LinearItems,
        ["candidatesPerSource"] = Pages!.CandidatesPerSource,
        ["maxCandidates"] = Pages.MaxCandidates,
    };
}

/// <param name="Stage">"reading events", "choosing", "factorisation", "neighbours", "ranker", "writing".</param>
/// <param name="Done">Share of the stage, 0 to 1.</param>
/// <param name="Detail">"epoch 3 of 12, loss 0.1234, 1.8 s".</param>
public sealed record TrainingProgress(string Stage, double Done, string Detail);
