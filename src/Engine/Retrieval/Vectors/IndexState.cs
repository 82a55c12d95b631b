namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Everything that one search reads. Immutable: a write publishes another one.</summary>
/// <remarks><c>Segment</c>: Null before the first merge.</remarks>
internal sealed record IndexState(MasterVectors Masters, Segment? Segment, LiveSlots Live, DeltaView Delta)
{
    public int Count => (Segment?.Count ?? 0) - Live.Removed + Delta.Count - Delta.Removed;
}
