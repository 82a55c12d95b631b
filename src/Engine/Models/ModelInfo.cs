namespace Recs.Engine.Models;

/// <summary>A model folder as operators see it.</summary>
/// <param name="Version">The folder's name; sorts by age.</param>
/// <param name="CreatedAt">When training ended.</param>
/// <param name="State">active, available, loading or refused.</param>
/// <param name="Items">Items with factors.</param>
/// <param name="TrainedEvents">Events it was trained on.</param>
/// <param name="Metrics">Offline metrics by name.</param>
/// <param name="Problem">Why it was refused, when it was.</param>
public sealed record ModelInfo(
    string Version,
    DateTimeOffset CreatedAt,
    string State,
    int Items,
    long TrainedEvents,
    IReadOnlyDictionary<string, double> Metrics,
    string? Problem = null);
