using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Nets.Detection;

/// <summary>What training a detector makes small: five scalars on a tape, under torchvision's names.</summary>
/// <param name="Classifier"><c>loss_classifier</c>: cross-entropy of the boxes' classes.</param>
/// <param name="BoxReg"><c>loss_box_reg</c>: of the boxes' codes.</param>
/// <param name="Mask"><c>loss_mask</c>: cross-entropy of the masks' cells.</param>
/// <param name="Objectness"><c>loss_objectness</c>: cross-entropy of anchors, objects or not.</param>
/// <param name="RpnBoxReg"><c>loss_rpn_box_reg</c>: of the proposals' codes.</param>
public sealed record DetectionLosses(Variable Classifier, Variable BoxReg, Variable Mask, Variable Objectness, Variable RpnBoxReg)
{
    /// <summary>All five, by name.</summary>
    public ImmutableArray<(string Name, Variable Value)> Named =>
        [
            ("loss_classifier", Classifier),
            ("loss_box_reg", BoxReg),
            ("loss_mask", Mask),
            ("loss_objectness", Objectness),
            ("loss_rpn_box_reg", RpnBoxReg),
        ];

    /// <summary>Their sum, which is trained on.</summary>
    public Variable Total(Tape tape)
    {
        return Sum(Sum(Sum(Classifier, BoxReg), Sum(Mask, Objectness)), RpnBoxReg);

        Variable Sum(Variable a, Variable b) => tape.Apply(new Add.Function(), a, b);
    }
}
