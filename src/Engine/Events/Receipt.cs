namespace Recs.Engine.Events;

/// <summary>Says that a batch is durable.</summary>
/// <param name="Accepted">Events that were new.</param>
/// <param name="Duplicates">Events (or import rows) already held; they changed nothing.</param>
/// <param name="Sequences">
/// Each user of the batch with its sequence afterwards, by the id the caller used. A page asked for with
/// <c>after</c> at this number is made from a state at or past it.
/// </param>
public sealed record Receipt(int Accepted, int Duplicates, IReadOnlyDictionary<string, long> Sequences);

/// <summary>Rows of one import source. The log keeps how far each source got, so an import can be run again.</summary>
/// <param name="Source">Names the content, not the file: a hash of it. At most 128 characters.</param>
/// <param name="FirstRow">0-based row of the batch's first event, in the import's own order.</param>
/// <remarks>
/// Event i of the batch is row <c>FirstRow + i</c>. Rows below what the source already reached are duplicates. A gap
/// (a first row past what was reached) is refused: an import goes in order.
/// </remarks>
public sealed record ImportRows(string Source, long FirstRow);

/// <summary>Says what a merge did.</summary>
/// <param name="GuestId">The id that now forwards.</param>
/// <param name="TargetId">The id it forwards to.</param>
/// <param name="Sequence">The target's sequence afterwards.</param>
/// <param name="MergedEvents">Events the guest brought; 0 when it had been merged before.</param>
/// <param name="AlreadyMerged">True when this merge had been done before; nothing changed.</param>
public sealed record MergeReceipt(string GuestId, string TargetId, long Sequence, long MergedEvents, bool AlreadyMerged);

/// <summary>What was removed, and the proof.</summary>
/// <param name="UserId">The id asked for.</param>
/// <param name="Ids">Every id removed: the user and the guests merged into it.</param>
/// <param name="EventsRemoved">Events taken out of the log.</param>
/// <param name="ImpressionsRemoved">Impression records taken out.</param>
/// <param name="FilesRewritten">Files that held something and were rewritten.</param>
/// <param name="BytesSearched">Bytes of the data folder read afterwards, looking for the ids.</param>
/// <param name="Remaining">Records still naming one of the ids after the removal: 0.</param>
public sealed record ForgetReceipt(
    string UserId,
    IReadOnlyList<string> Ids,
    long EventsRemoved,
    long ImpressionsRemoved,
    int FilesRewritten,
    long BytesSearched,
    long Remaining);
