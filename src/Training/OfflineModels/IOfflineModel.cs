using Recs.Training.Evaluation;

namespace Recs.Training.OfflineModels;

/// <summary>
/// One way to score items, fitted on sequences. Each computes its scores with the code that its online candidate source
/// uses. Immutable settings; fitting is repeatable: same sequences, settings and seed, same scores.
/// </summary>
public interface IOfflineModel
{
    IItemScorer Fit(Sequences train, FitContext context);
}

/// <summary>A fitted model. Thread-safe.</summary>
public interface IItemScorer
{
    /// <summary>
    /// Fills one score per item, higher is better; negative infinity for an item that the model has nothing to say of.
    /// </summary>
    void Score(EvaluationQuery query, Span<float> scores);
}

/// <param name="Seed">Of everything drawn.</param>
/// <param name="Threads">Worker threads; all cores when 0.</param>
/// <param name="Progress">What is done, or null.</param>
/// <param name="CancellationToken">Stops the fit.</param>
public sealed record FitContext(
    int Seed = 1, int Threads = 0, Action<string>? Progress = null, CancellationToken CancellationToken = default)
{
    /// <summary>Split cut from training rows, for models that learn how to combine others; null when there is none.</summary>
    public EvaluationTask? Validation { get; init; }

    /// <summary>Folder where models that take long to train are kept, by settings, seed and training runs; null for none.</summary>
    public string? KeptModels { get; init; }

    public ParallelOptions Parallel => new()
    {
        MaxDegreeOfParallelism = Threads > 0 ? Threads : Environment.ProcessorCount,
        CancellationToken = CancellationToken,
    };
}
