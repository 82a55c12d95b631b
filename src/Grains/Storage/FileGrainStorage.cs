using System.Globalization;
using Orleans.Storage;
using Recs.Engine.Embedded;
using Recs.Engine.Storage;

namespace Recs.Grains.Storage;

/// <summary>
/// Grain storage in a folder, for a silo on its own. A write is durable when it is acknowledged: it goes to a log with
/// group commit, then to a store that checkpoints bring the log into. One process at a time; thread-safe.
/// </summary>
public sealed class FileGrainStorage : IGrainStorage, IAsyncDisposable
{
    private const byte Put = 1, Clear = 2;
    private const long CheckpointBytes = 64L << 20;
    private const int VersionBytes = sizeof(long);

    private readonly IGrainStorageSerializer _serializer;
    private readonly ILogger _logger;
    private readonly FolderLock _lock;
    private readonly SegmentedLog _log;
    private readonly SessionStore _store;
    private readonly WriteGate _gate = new();
    private readonly SemaphoreSlim _checkpointing = new(1, 1);
    private Task _background = Task.CompletedTask;
    private int _due;

    private FileGrainStorage(IGrainStorageSerializer serializer, ILogger logger, FolderLock held, SegmentedLog log, SessionStore store)
    {
        (_serializer, _logger, _lock, _log, _store) = (serializer, logger, held, log, store);
        foreach (var record in log.Read(Math.Max(store.LastCheckpoint.NextOrdinal, log.FirstOrdinal)))
            Replay(record.Payload.Span);
    }

    /// <summary>Opens or creates the folder.</summary>
    /// <exception cref="RecommenderException">Another process holds it.</exception>
    /// <exception cref="InvalidDataException">It is damaged; what it says names the file.</exception>
    public static FileGrainStorage Open(string directory, IGrainStorageSerializer serializer, ILogger logger)
    {
        var held = FolderLock.Take(directory, "grains");
        try
        {
            var store = SessionStore.Open(Path.Combine(directory, "states"), out var recovery);
            // The log behind the last checkpoint is gone, so there is nothing to make a lost state again from.
            if (recovery.Damaged > 0)
                throw new InvalidDataException($"{recovery.Damaged} states in '{directory}' are damaged; restore a copy of the folder.");
            var log = SegmentedLog.Open(Path.Combine(directory, "writes"), new SegmentedLogOptions(), out _);
            if (store.LastCheckpoint.NextOrdinal > log.NextOrdinal)
                throw new InvalidDataException($"The states in '{directory}' hold {store.LastCheckpoint.NextOrdinal} writes but their log ends at {log.NextOrdinal}: the log was cut or replaced.");
            return new FileGrainStorage(serializer, logger, held, log, store);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_store.TryGet(KeyOf(stateName, grainId)) is { } stored && stored.Length > VersionBytes)
        {
            grainState.State = _serializer.Deserialize<T>(new BinaryData(stored.AsMemory(VersionBytes)))!;
            grainState.ETag = BitConverter.ToInt64(stored).ToString(CultureInfo.InvariantCulture);
            grainState.RecordExists = true;
        }
        else
        {
            grainState.State = Activator.CreateInstance<T>();
            grainState.ETag = null;
            grainState.RecordExists = false;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = KeyOf(stateName, grainId);
        var version = Check(key, grainState.ETag) + 1;
        var payload = _serializer.Serialize(grainState.State).ToMemory();
        var stored = new byte[VersionBytes + payload.Length];
        BitConverter.TryWriteBytes(stored, version);
        payload.CopyTo(stored.AsMemory(VersionBytes));
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            await _log.AppendAsync(Record(Put, key, stored));
            _store.Put(key, stored);
        }

        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
        if (_log.Bytes > CheckpointBytes && Interlocked.CompareExchange(ref _due, 1, 0) == 0)
            _background = Task.Run(CheckpointWhenDueAsync);
    }

    /// <summary>Removes a state and every byte of it.</summary>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = KeyOf(stateName, grainId);
        Check(key, grainState.ETag);
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            await _log.AppendAsync(Record(Clear, key, []));
            _store.Erase([key]);
        }

        // The log's earlier records of it go with the log.
        await CheckpointAsync();
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <summary>Brings the store up to date with the log and drops the log behind it.</summary>
    public async Task CheckpointAsync()
    {
        await _checkpointing.WaitAsync();
        try
        {
            long ordinal;
            using (await _gate.CloseAsync(CancellationToken.None))
            {
                _log.Roll();
                ordinal = _log.NextOrdinal;
            }

            _store.Checkpoint(ordinal, []);
            _log.DropBefore(ordinal);
            _store.CompactIfStale();
        }
        finally
        {
            _checkpointing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _background;
            await CheckpointAsync();
        }
        finally
        {
            await _log.DisposeAsync();
            await _store.DisposeAsync();
            _lock.Dispose();
        }
    }

    // Beside the writes, which are durable without it: when it fails, the log is longer, and the next write tries again.
    private async Task CheckpointWhenDueAsync()
    {
        try
        {
            await CheckpointAsync();
        }
        catch (Exception e) when (e is RecommenderException or IOException)
        {
            _logger.LogWarning("The states were not checkpointed, their log grows: {Problem}", e.Message);
        }
        finally
        {
            Interlocked.Exchange(ref _due, 0);
        }
    }

    private static string KeyOf(string stateName, GrainId grainId) => $"{stateName}/{grainId}";

    private long Check(string key, string? etag)
    {
        var current = _store.TryGet(key) is { Length: > VersionBytes } stored ? BitConverter.ToInt64(stored) : 0;
        var expected = etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);
        return current == expected
            ? current
            : throw new InconsistentStateException($"State '{key}' has version {current}; the writer knows {expected}.", $"{current}", $"{expected}", null!);
    }

    private static byte[] Record(byte kind, string key, ReadOnlySpan<byte> stored)
    {
        var writer = new ByteWriter(stored.Length + key.Length + 16);
        writer.Byte(kind);
        writer.Text(key);
        writer.Bytes(stored);
        return writer.ToArray();
    }

    private void Replay(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
            return;
        var reader = new ByteReader(record);
        var kind = reader.Byte();
        var key = reader.Text();
        if (kind == Put)
            _store.Put(key, reader.Take(reader.Remaining));
        else
            _store.Erase([key]);
    }
}
