using System.Runtime.InteropServices;

namespace Recs.Engine.Embedded;

/// <summary>
/// Where each user's session lies, by a 64-bit hash of the id: 20 bytes a slot, at most three quarters of the slots
/// in use, no object per user. Two users may have one hash; the caller tells them apart by the id in the record.
/// Linear probing with deletion by backward shift. Not thread-safe.
/// </summary>
internal sealed class SessionIndex
{
    private Entry[] _slots = new Entry[1024];

    public int Count { get; private set; }

    public ref Entry this[int slot] => ref _slots[slot];

    /// <summary>The first slot with the hash; negative when there is none.</summary>
    public int First(ulong hash) => Scan((int)(hash & (ulong)(_slots.Length - 1)), hash);

    /// <summary>The next slot with the same hash; negative when there is none.</summary>
    public int Next(int slot) => Scan(slot + 1 & _slots.Length - 1, _slots[slot].Hash);

    /// <summary>The slot of a record by its place; negative when the index does not point there.</summary>
    public int Find(ulong hash, uint file, uint offset)
    {
        var slot = First(hash);
        while (slot >= 0 && (_slots[slot].File != file || _slots[slot].Offset != offset))
            slot = Next(slot);
        return slot;
    }

    public void Add(Entry entry)
    {
        if ((Count + 1) * 4L > _slots.Length * 3L)
            Grow();
        Place(entry);
        Count++;
    }

    public void RemoveAt(int slot)
    {
        var mask = _slots.Length - 1;
        var hole = slot;
        for (var next = hole + 1 & mask; _slots[next].Length != 0; next = next + 1 & mask)
        {
            var home = (int)(_slots[next].Hash & (ulong)mask);
            // An entry may fill the hole when its home is not between the hole and its place.
            if ((next - home & mask) < (next - hole & mask))
                continue;
            _slots[hole] = _slots[next];
            hole = next;
        }
        _slots[hole] = default;
        Count--;
    }

    public Entry[] Snapshot() => Array.FindAll(_slots, entry => entry.Length != 0);

    private int Scan(int slot, ulong hash)
    {
        for (var mask = _slots.Length - 1; _slots[slot].Length != 0; slot = slot + 1 & mask)
            if (_slots[slot].Hash == hash)
                return slot;
        return -1;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Entry[checked(old.Length * 2)];
        foreach (var entry in old)
            if (entry.Length != 0)
                Place(entry);
    }

    private void Place(Entry entry)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(entry.Hash & (ulong)mask);
        while (_slots[slot].Length != 0)
            slot = slot + 1 & mask;
        _slots[slot] = entry;
    }

    /// <param name="Hash">Of the user id.</param>
    /// <param name="File">Number of the file.</param>
    /// <param name="Offset">Where the record begins in it.</param>
    /// <param name="Length">Bytes of the record with its header; 0 marks an empty slot.</param>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal record struct Entry(ulong Hash, uint File, uint Offset, uint Length);
}
