using System.ComponentModel.DataAnnotations;

namespace Recs.Client;

/// <summary>
/// Settings of an <see cref="EventPublisher"/>; a bad one is named with its range.
/// 2 × <see cref="BatchSize"/> ≤ <see cref="EventIdWindow"/>: a batch is sent again when its fate is unknown, and the cluster
/// must know it again even if all of it is one user's and others have sent events of that user meanwhile.
/// </summary>
/// <remarks>
/// An event ends at the latest <see cref="MaxAttempts"/> × (<see cref="AttemptTimeout"/> + <see cref="MaxRetryDelay"/>) after
/// its batch was formed; while nobody answers at all, attempts fail at once and about nine seconds are tried.
/// </remarks>
public sealed record EventPublisherOptions
{
    /// <summary>Most events in a batch. Default 128, 1 to 1,000.</summary>
    [Range(1, Limits.MaxEventsPerBatch)]
    public int BatchSize { get; init; } = 128;

    /// <summary>How long the first event of a batch waits for others. Default 10 ms, 0 to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Events that may wait; beyond it publishing waits for room. Default 10,000, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 10_000;

    /// <summary>Attempts at one batch, the first included. Default 10, 1 to 20.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; init; } = 10;

    /// <summary>What one attempt may take before it counts as lost. Default 10 s, 100 ms to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Median pause before the second attempt; it doubles, with jitter. Default 50 ms, 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause, a refusal's own Retry-After included. Default 2 s, 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long closing goes on sending what waits; the rest then fails. Default 10 s, 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Event ids that the cluster remembers of a user (its <see cref="SessionOptions.EventIdWindow"/>), or less.
    /// Default 256, 2 to 65,536.
    /// </summary>
    [Range(2, 65_536)]
    public int EventIdWindow { get; init; } = 256;

    /// <summary>Seed of the jitter; give each process its own. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <exception cref="RecommenderException">One is outside its range, named.</exception>
    internal void Check()
    {
        Engine.Embedded.OptionsCheck.Throw(this);
        if (BatchSize > EventIdWindow / 2)
            throw RecommenderException.Invalid(nameof(BatchSize), BatchSize, $"1 to {EventIdWindow / 2}: half of {nameof(EventIdWindow)}");
    }

    internal ClusterRecommenderOptions ToCallOptions() => new()
    {
        MaxAttempts = MaxAttempts,
        AttemptTimeout = AttemptTimeout,
        RetryDelay = RetryDelay,
        MaxRetryDelay = MaxRetryDelay,
        EventIdWindow = EventIdWindow,
        Seed = Seed,
    };
}
