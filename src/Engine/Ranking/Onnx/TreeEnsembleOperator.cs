using System.Numerics.Tensors;
using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Runs a tree ensemble of ai.onnx.ml: scores, and for a classifier the label before them.</summary>
internal sealed class TreeEnsembleOperator : OnnxOperator
{
    private readonly OnnxTreeEnsemble _spec;
    private readonly bool _allPositive;

    // A single target goes by blocks where it can; made for the width that comes, which the file does not say.
    private BlockTreeScorer? _blocks;
    private int _width = -1;

    public TreeEnsembleOperator(OnnxTreeEnsemble spec)
    {
        _spec = spec;
        _allPositive = spec.Weights.All(w => w.All(v => v >= 0));
    }

    public override void Run(ReadOnlySpan<OnnxTensor?> inputs, ReadOnlySpan<OnnxTensor?> outputs)
    {
        var x = In(inputs, 0);
        if (x.Rank != 2 || x.Dims[1] < _spec.Features)
            throw new InvalidDataException($"ONNX: rows of {(x.Rank == 2 ? x.Dims[1] : -1)} columns where trees read {_spec.Features}.");
        var (rows, width) = (x.Dims[0], x.Dims[1]);
        var isClassifier = _spec.Labels is not null;
        var scores = isClassifier ? Optional(outputs, 1) : In(outputs, 0);
        if (scores is null)
            throw new InvalidDataException("ONNX: a classifier without its scores is not supported.");
        var columns = _spec.IsBinary ? 2 : _spec.Targets;
        scores.Reset(isFloat: true, [rows, columns]);
        if (_spec.Targets == 1 && columns == 1 && Blocks(width) is { } blocks)
            blocks.Score(x.Floats, rows, scores.Floats);
        else
            Walk(x, scores, rows, width, columns);
        Finish(Optional(outputs, 0), scores, rows, columns, isClassifier);
    }

    private BlockTreeScorer? Blocks(int width)
    {
        if (Volatile.Read(ref _width) != width)
        {
            lock (_spec)
            {
                _blocks = BlockTreeScorer.TryCreate(_spec.Single(width));
                Volatile.Write(ref _width, width);
            }
        }

        return _blocks;
    }

    private void Walk(OnnxTensor x, OnnxTensor scores, int rows, int width, int columns)
    {
        var targets = _spec.Targets;
        for (var r = 0; r < rows; r++)
        {
            // A binary score stands in the second column until the first is worked out.
            var into = scores.Floats.Slice(r * columns + columns - targets, targets);
            _spec.Base.CopyTo(into);
            var row = x.Floats.Slice(r * width, width);
            for (var t = 0; t < _spec.Trees.Length; t++)
                TensorPrimitives.Add(into, _spec.Weights[t].AsSpan(_spec.Trees[t].LeafOf(row) * targets, targets), into);
        }
    }

    private void Finish(OnnxTensor? labels, OnnxTensor scores, int rows, int columns, bool isClassifier)
    {
        if (isClassifier)
            labels?.Reset(isFloat: false, [rows]);
        for (var r = 0; r < rows; r++)
        {
            var row = scores.Floats.Slice(r * columns, columns);
            var best = 0;
            if (_spec.IsBinary)
            {
                // Leaves all positive hold probabilities, else margins around 0.
                best = row[1] > (_allPositive ? 0.5f : 0) ? 1 : 0;
                row[0] = _allPositive ? 1 - row[1] : -row[1];
            }
            else
            {
                for (var c = 1; c < columns; c++)
                    best = row[c] > row[best] ? c : best;
            }

            if (isClassifier && labels is not null)
                labels.Ints[r] = _spec.Labels![best];
            if (_spec.PostTransform == "LOGISTIC")
                TensorPrimitives.Sigmoid(row, row);
            else if (_spec.PostTransform == "SOFTMAX")
                TensorPrimitives.SoftMax(row, row);
        }
    }
}
