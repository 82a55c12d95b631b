namespace Recs.Client;

/// <summary>What may be done when a call has failed.</summary>
/// <param name="ByClient">A second attempt changes nothing, so the client makes one itself even when the first's fate is unknown.</param>
/// <param name="ByCaller">The caller may make the whole call again and change nothing: its failure may invite to that.</param>
/// <param name="AllOrNothing">A refusal left no part done.</param>
internal readonly record struct Repeat(bool ByClient, bool ByCaller, bool AllOrNothing = true)
{
    /// <summary>Reads, and writes that put the same thing in the same place.</summary>
    public static readonly Repeat Harmless = new(ByClient: true, ByCaller: true);
}
