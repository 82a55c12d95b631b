namespace Recs.Engine.Catalog;

/// <summary>One bit per item number. One writer; readers see each word whole, past the end all zeros.</summary>
internal sealed class BitColumn
{
    private volatile ulong[] _words = [];

    public ReadOnlySpan<ulong> Words => _words;

    public bool this[int number]
    {
        get
        {
            var words = _words;
            return (uint)(number >> 6) < (uint)words.Length && (words[number >> 6] >> (number & 63) & 1) != 0;
        }
    }

    public void Set(int number, bool value)
    {
        var word = number >> 6;
        if (word >= _words.Length)
        {
            if (!value)
                return;
            _words = CopyOnGrow.Grow(_words, word + 1, 0UL);
        }

        var words = _words;
        var bit = 1UL << (number & 63);
        words[word] = value ? words[word] | bit : words[word] & ~bit;
    }
}
