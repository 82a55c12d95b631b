using System.Collections.Concurrent;

namespace Recs.Engine.Catalog;

/// <summary>Texts and their process-local codes. Thread-safe, readers never wait; grows only; codes start at 0.</summary>
public sealed class TermTable
{
    /// <summary>Distinct texts held unless told otherwise.</summary>
    public const int DefaultCapacity = 1_000_000;

    private readonly ConcurrentDictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly Lock _writer = new();
    private readonly int _capacity;
    private volatile string[] _texts = new string[64];
    private volatile int _count;

    /// <param name="capacity">Distinct texts held; a further one is refused.</param>
    public TermTable(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    public int Count => _count;

    /// <summary>The text's code, given now if need be. Throws <see cref="RecommenderException"/> (TooLarge) when full.</summary>
    public int Intern(string term) =>
        TryIntern(term, out var code)
            ? code
            : throw RecommenderException.Invalid(
                "term", term, $"one of the {_capacity} distinct categories and tags already held", kind: RefusalKind.TooLarge);

    /// <summary>False when the text is new and the table is full.</summary>
    public bool TryIntern(string term, out int code)
    {
        ArgumentNullException.ThrowIfNull(term);
        if (_codes.TryGetValue(term, out code))
            return true;
        lock (_writer)
        {
            if (_codes.TryGetValue(term, out code))
                return true;
            code = _count;
            if (code >= _capacity)
                return false;
            var texts = _texts;
            if (code == texts.Length)
                Array.Resize(ref texts, code * 2);
            texts[code] = term;
            // Text, then count, then dictionary: whoever finds the code can also read its text.
            _texts = texts;
            _count = code + 1;
            _codes[term] = code;
            return true;
        }
    }

    public bool TryGet(string term, out int code) => _codes.TryGetValue(term, out code);

    public string TextOf(int code) =>
        (uint)code < (uint)_count
            ? _texts[code]
            : throw new ArgumentOutOfRangeException(nameof(code), code, $"Codes are 0 to {_count - 1}.");
}
