using System.Text;
using Recs.Engine.Storage;

namespace Recs.Grains.Log;

/// <summary>What follows from the events of one partition. Not thread-safe, except that the counters may be read.</summary>
internal sealed class PartitionState
{
    private const int Format = 1;
    private static readonly byte[] Magic = "RPST"u8.ToArray();

    /// <summary>Last sequence by the stable hash of the user id.</summary>
    public Dictionary<ulong, long> LastSequence { get; private init; } = [];

    public ItemCounters Counters { get; } = new();

    public long Events { get; private set; }

    /// <summary>The first record that is not in here.</summary>
    public long NextOrdinal { get; set; }

    /// <summary>What is new of an entry: itself, a part of it, or null.</summary>
    /// <param name="entry">All of it of one user.</param>
    /// <param name="pending">Sequences taken before in the same batch; what is new here is added.</param>
    public LogEntry? New(LogEntry entry, Dictionary<ulong, long> pending)
    {
        switch (entry)
        {
            case LogEntry.Merge merge:
                return Advance(merge.TargetId, merge.Sequence, pending) ? merge : null;
            case LogEntry.Events events:
                var left = events.Accepted.Where(e => Advance(e.UserId, e.Sequence, pending)).ToArray();
                return left.Length == events.Accepted.Count ? events : left.Length == 0 ? null : events with { Accepted = left };
            default:
                return null;
        }
    }

    /// <summary>Counts an entry that is in the log.</summary>
    public void Take(LogEntry entry, ItemCatalog items)
    {
        switch (entry)
        {
            case LogEntry.Merge merge:
                Reach(merge.TargetId, merge.Sequence);
                break;
            case LogEntry.Events events:
                foreach (var e in events.Accepted)
                {
                    Reach(e.UserId, e.Sequence);
                    Counters.Count(items.Intern(e.ItemId), e.Type, e.AtMs, e.Weight);
                }

                Events += events.Accepted.Count;
                break;
        }
    }

    public void Forget(IEnumerable<string> userIds, long events)
    {
        foreach (var id in userIds)
            LastSequence.Remove(StableHash.Of(id));
        Events -= events;
    }

    public void Write(string file, ItemCatalog items)
    {
        using var payload = new MemoryStream();
        using (var writer = new BinaryWriter(payload, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(NextOrdinal);
            writer.Write(Events);
            writer.Write(LastSequence.Count);
            foreach (var (user, sequence) in LastSequence)
            {
                writer.Write(user);
                writer.Write(sequence);
            }
        }

        Counters.Save(payload, items);
        var bytes = payload.ToArray();
        using var whole = new MemoryStream(bytes.Length + 16);
        using (var writer = new BinaryWriter(whole, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Format);
            writer.Write(XxHash64.Hash(bytes));
            writer.Write(bytes);
        }

        DiskFiles.Instance.Replace(file, whole.ToArray());
    }

    /// <summary>The state in a file, or an empty one when there is none, it is damaged, or the log does not reach it.</summary>
    public static PartitionState Read(string file, ItemCatalog items, long firstOrdinal, long nextOrdinal)
    {
        var empty = new PartitionState { NextOrdinal = firstOrdinal };
        if (!File.Exists(file))
            return empty;
        var bytes = File.ReadAllBytes(file);
        const int Header = 16;
        if (bytes.Length < Header || !bytes.AsSpan(0, 4).SequenceEqual(Magic) || BitConverter.ToInt32(bytes, 4) != Format
            || BitConverter.ToUInt64(bytes, 8) != XxHash64.Hash(bytes.AsSpan(Header)))
        {
            return empty;
        }

        using var stream = new MemoryStream(bytes, Header, bytes.Length - Header, writable: false);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        var (next, events) = (reader.ReadInt64(), reader.ReadInt64());
        if (next > nextOrdinal || next < firstOrdinal)
            return empty;
        var users = reader.ReadInt32();
        var state = new PartitionState { NextOrdinal = next, Events = events, LastSequence = new Dictionary<ulong, long>(users) };
        for (var i = 0; i < users; i++)
            state.LastSequence[reader.ReadUInt64()] = reader.ReadInt64();
        state.Counters.Load(stream, items);
        return state;
    }

    private bool Advance(string userId, long sequence, Dictionary<ulong, long> pending)
    {
        var user = StableHash.Of(userId);
        var last = Math.Max(LastSequence.GetValueOrDefault(user), pending.GetValueOrDefault(user));
        if (sequence <= last)
            return false;
        pending[user] = sequence;
        return true;
    }

    private void Reach(string userId, long sequence)
    {
        var user = StableHash.Of(userId);
        LastSequence[user] = Math.Max(LastSequence.GetValueOrDefault(user), sequence);
    }
}
