namespace Recs.Client;

/// <summary>One event between its coming and its end; or, without an event, a mark that flushes what is before it.</summary>
internal sealed class PendingEvent(Interaction? interaction, long since)
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsMark { get; } = interaction is null;

    /// <summary>As it is sent; it gets its id before the first attempt.</summary>
    public Interaction Event { get; set; } = interaction!;

    /// <summary>True when the id is the caller's, who may then publish the event again.</summary>
    public bool HasOwnId { get; } = interaction?.EventId is not null;

    /// <summary>When it came, as a timestamp of the publisher's clock.</summary>
    public long Since { get; } = since;

    /// <summary>Completes when the event is stored, the mark reached; fails when it was not; is cancelled by its caller alone.</summary>
    public Task End => _end.Task;

    public void Complete() => _end.TrySetResult();

    public void Fail(Exception e) => _end.TrySetException(e);

    public void Cancel(CancellationToken cancellationToken) => _end.TrySetCanceled(cancellationToken);
}
