using Recs.Grains.Placement;
using Recs.Grains.Silo;

namespace Recs.Grains.Log;

/// <summary>Hosts one <see cref="LogPartition"/>.</summary>
[SpreadPlacement]
internal sealed class EventLogGrain(SiloEngine engine) : Grain, IEventLogGrain
{
    private const long CheckpointFrames = 50_000;
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromMinutes(1), LongPoll = TimeSpan.FromSeconds(2);

    private LogPartition _partition = null!;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var number = (int)this.GetPrimaryKeyLong();
        if (number < 0 || number >= engine.Options.LogPartitions)
            throw RecommenderException.Invalid("partition", number, $"0 to {engine.Options.LogPartitions - 1}");
        try
        {
            _partition = await Task.Run(
                () => LogPartition.Open(engine.Options.ArtifactDirectory, number, engine.Options.EventLog, engine.Options.ImpressionLog, engine.Logger), cancellationToken);
        }
        catch (RecommenderException refusal)
        {
            // No filter sees what an activation throws.
            throw new RefusalException(refusal);
        }

        this.RegisterGrainTimer(Checkpoint, new GrainTimerCreationOptions(CheckpointInterval, CheckpointInterval));
        // The figures and counters of the cluster come from here: not to be away for lack of new events.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Null when it could not be opened.
        if (_partition is null)
            return;
        try
        {
            _partition.WriteCheckpoint();
        }
        catch (Exception e) when (e is IOException or RecommenderException)
        {
            engine.Logger.LogWarning("The checkpoint of log partition {Partition} was not written; the next opening replays more: {Problem}", this.GetPrimaryKeyLong(), e.Message);
        }
        finally
        {
            _grown.TrySetResult();
            await _partition.DisposeAsync();
        }
    }

    public async Task AppendAsync(byte[][] frames)
    {
        await _partition.AppendAsync(frames);
        var grown = _grown;
        _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        grown.TrySetResult();
        if (_partition.SinceCheckpoint >= CheckpointFrames)
            _partition.WriteCheckpoint();
    }

    public Task AppendImpressionsAsync(byte[][] records) => _partition.AppendImpressionsAsync(records);

    public Task<CounterSnapshot> CountersAsync() => Task.FromResult(_partition.Counters());

    public async Task<CounterFeed> CountsSinceAsync(long fromOrdinal)
    {
        if (fromOrdinal >= _partition.NextOrdinal)
        {
            await Task.WhenAny(_grown.Task, Task.Delay(LongPoll, engine.Time));
            // Deactivated meanwhile, perhaps: the files are closed, and there is nothing to say.
            if (fromOrdinal >= _partition.NextOrdinal)
                return new FeedBuilder().Build(fromOrdinal, startOver: false);
        }

        return _partition.CountsSince(fromOrdinal);
    }

    public Task<LogErasure> EraseAsync(string[] userIds) => _partition.EraseAsync(userIds);

    public Task<LogFigures> FiguresAsync() =>
        Task.FromResult(new LogFigures { Events = _partition.Events, Users = _partition.Users, Bytes = _partition.Bytes });

    private Task Checkpoint()
    {
        if (_partition.SinceCheckpoint > 0)
            _partition.WriteCheckpoint();
        return Task.CompletedTask;
    }
}
