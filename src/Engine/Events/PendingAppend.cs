namespace Recs.Engine.Events;

/// <summary>A record that waits for the log's writer.</summary>
internal sealed class PendingAppend
{
    // What the objects of a waiting append take besides its payload, roughly: tiny records must not escape the bound.
    private const int Overhead = 256;

    // Continuations must not run on the writer's thread: they would hold up everybody's commit.
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancellation;

    public PendingAppend(ReadOnlyMemory<byte> payload)
    {
        Payload = payload;
        Node = new LinkedListNode<PendingAppend>(this);
    }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Its place in the queue; in no list once the writer took it.</summary>
    public LinkedListNode<PendingAppend> Node { get; }

    /// <summary>What it counts against the queue's bound.</summary>
    public int QueuedBytes => RecordBytes + Overhead;

    public int RecordBytes => SegmentFormat.RecordHeaderBytes + Payload.Length;

    public Task<long> Task => _done.Task;

    /// <summary>Calls back with this append when the token is cancelled before it completed.</summary>
    public void OnCancellation(CancellationToken token, Action<PendingAppend, CancellationToken> withdraw)
    {
        _cancellation = token.UnsafeRegister((_, cancelled) => withdraw(this, cancelled), null);
        if (_done.Task.IsCompleted)
            _cancellation.Unregister();
    }

    public void Succeed(long ordinal)
    {
        _cancellation.Unregister();
        _done.TrySetResult(ordinal);
    }

    public void Fail(Exception problem)
    {
        _cancellation.Unregister();
        _done.TrySetException(problem);
    }

    public void Withdraw(CancellationToken token) => _done.TrySetCanceled(token);
}
