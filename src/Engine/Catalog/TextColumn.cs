using System.Collections.Concurrent;

namespace Recs.Engine.Catalog;

/// <summary>
/// One text per item number, as a code; 0 where absent. A code whose last item left is used again, so the column is
/// bounded by the items and not by their past. One writer; readers never wait.
/// </summary>
internal sealed class TextColumn
{
    private readonly ConcurrentDictionary<string, int> _codeOf = new(StringComparer.Ordinal);
    private readonly Stack<int> _free = new();
    private string[] _texts = new string[16];
    private int[] _uses = new int[16];
    private int _nextCode = 1;
    private volatile int[] _codes = [];

    public ReadOnlySpan<int> Codes => _codes;

    public bool TryGetCode(string text, out int code) => _codeOf.TryGetValue(text, out code);

    public void Set(int number, string text)
    {
        var code = CodeFor(text);
        _uses[code]++;
        Release(number);
        _codes = CopyOnGrow.Grow(_codes, number + 1, 0);
        _codes[number] = code;
    }

    public void Clear(int number)
    {
        Release(number);
        if (number < _codes.Length)
            _codes[number] = 0;
    }

    private int CodeFor(string text)
    {
        if (_codeOf.TryGetValue(text, out var code))
            return code;
        if (!_free.TryPop(out code))
        {
            code = _nextCode;
            _texts = CopyOnGrow.Grow(_texts, code + 1, null!);
            _uses = CopyOnGrow.Grow(_uses, code + 1, 0);
            _nextCode = code + 1;
        }

        _texts[code] = text;
        _codeOf[text] = code;
        return code;
    }

    private void Release(int number)
    {
        var code = number < _codes.Length ? _codes[number] : 0;
        if (code == 0 || --_uses[code] > 0)
            return;
        _codeOf.TryRemove(_texts[code], out _);
        _texts[code] = null!;
        _free.Push(code);
    }
}
