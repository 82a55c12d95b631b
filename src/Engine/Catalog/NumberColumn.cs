namespace Recs.Engine.Catalog;

/// <summary>One number per item number, NaN where absent. One writer; readers never wait.</summary>
internal sealed class NumberColumn
{
    private volatile double[] _values = [];

    public ReadOnlySpan<double> Values => _values;

    public void Set(int number, double value)
    {
        if (number >= _values.Length)
        {
            if (double.IsNaN(value))
                return;
            _values = CopyOnGrow.Grow(_values, number + 1, double.NaN);
        }

        _values[number] = value;
    }
}
