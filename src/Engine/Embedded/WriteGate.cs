namespace Recs.Engine.Embedded;

/// <summary>
/// Writers pass together; a checkpoint passes alone. Closing the gate waits until every batch handed to the log has
/// been applied, so that what is captured holds exactly the log's first n records. Asynchronous, fair to the closer.
/// </summary>
internal sealed class WriteGate
{
    private readonly SemaphoreSlim _closing = new(1, 1);
    private readonly Lock _lock = new();
    private int _inside;
    private TaskCompletionSource? _emptied;
    private TaskCompletionSource? _opened;

    public async ValueTask<Pass> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _inside++;
                    return new Pass(this);
                }

                wait = _opened.Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets nobody in, waits until all are out; dispose to open again.</summary>
    public async ValueTask<Closure> CloseAsync(CancellationToken cancellationToken)
    {
        await _closing.WaitAsync(cancellationToken).ConfigureAwait(false);
        Task emptied = Task.CompletedTask;
        lock (_lock)
        {
            _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside > 0)
            {
                _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                emptied = _emptied.Task;
            }
        }

        await emptied.ConfigureAwait(false);
        return new Closure(this);
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_inside == 0)
                _emptied?.TrySetResult();
        }
    }

    private void Open()
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            opened = _opened;
            _opened = null;
            _emptied = null;
        }

        opened?.TrySetResult();
        _closing.Release();
    }

    internal readonly struct Pass(WriteGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }

    internal readonly struct Closure(WriteGate gate) : IDisposable
    {
        public void Dispose() => gate.Open();
    }
}
