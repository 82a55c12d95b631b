namespace Recs.Training;

/// <summary>Trains a model from a data folder (which a server may be using) into its models folder.</summary>
public static class Trainer
{
    public static Task<ModelManifest> TrainAsync(
        TrainingOptions options, TimeProvider time, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default) => throw new NotImplementedException();
}

/// <summary>Hyper-parameters; validated, a bad one is named with its range.</summary>
public sealed record TrainingOptions
{
    public required string DataDirectory { get; init; }

    /// <summary>Rank of the factorisation. Default 64, 4 to 512.</summary>
    public int Rank { get; init; } = 64;

    /// <summary>ALS epochs. Default 12, 1 to 200.</summary>
    public int Epochs { get; init; } = 12;

    /// <summary>Confidence UnobservedWeight + Alpha r of an observed entry. Above 0.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>Weight of unobserved entries (alpha0), above 0.</summary>
    public double UnobservedWeight { get; init; } = 0.3;

    public double Lambda { get; init; } = 0.025;

    /// <summary>Exponent of the frequency-scaled regularisation, 0 to 1.</summary>
    public double RegularizationExponent { get; init; } = 1;

    /// <summary>Neighbours kept per item. Default 100, 1 to 1,000.</summary>
    public int Neighbours { get; init; } = 100;

    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; all cores when 0.</summary>
    public int Threads { get; init; }
}

/// <param name="Stage">"reading events", "factorisation", "neighbours", "ranker", "writing".</param>
/// <param name="Done">Share of the stage, 0 to 1.</param>
/// <param name="Detail">"epoch 3 of 12, loss 0.1234, 1.8 s".</param>
public sealed record TrainingProgress(string Stage, double Done, string Detail);
