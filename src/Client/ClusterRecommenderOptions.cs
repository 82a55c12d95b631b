using System.ComponentModel.DataAnnotations;

namespace Recs.Client;

/// <summary>
/// Settings of a cluster's <see cref="IRecommender"/>; a bad one is named with its range. A call that is no page takes at
/// most <see cref="MaxAttempts"/> × (<see cref="AttemptTimeout"/> + <see cref="MaxRetryDelay"/>).
/// </summary>
public sealed record ClusterRecommenderOptions
{
    /// <summary>Deadline of a page that names none. Default 100 ms, 1 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Share of a page's deadline that the user's own grain has; then a page without its session is asked for as well.
    /// Default 0.6, 0.1 to 0.9.
    /// </summary>
    [Range(0.1, 0.9)]
    public double OwnGrainShare { get; init; } = 0.6;

    /// <summary>
    /// How long past its deadline an answer is still waited for: a page a little late is worth more than an error.
    /// Default 500 ms, 0 to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Attempts of a call that is no page, the first included. Default 4, 1 to 20.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; init; } = 4;

    /// <summary>What one attempt may take before it counts as lost. Default 10 s, 100 ms to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Median pause before the second attempt; it doubles, with jitter. Default 50 ms, 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause, a refusal's own Retry-After included. Default 2 s, 1 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Event ids that the cluster remembers of a user (its <see cref="SessionOptions.EventIdWindow"/>), or less. A batch
    /// with more than half as many events of one user is not sent again when its fate is unknown: the cluster could no
    /// longer tell that it had it. Default 256, 1 to 65,536.
    /// </summary>
    [Range(1, 65_536)]
    public int EventIdWindow { get; init; } = 256;

    /// <summary>Seed of the jitter; give each process its own. Default 1.</summary>
    public int Seed { get; init; } = 1;
}
