using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>Detectors of other programs, whose layers differ from torchvision's in more than their names.</summary>
static class ForeignDetectors
{
    // A module that only the program's own detectors have. Those of detectron2 have an rpn_head too.
    static readonly (string Module, string Program)[] Modules =
    [
        ("bottom_up", "detectron2"),
        ("proposal_generator", "detectron2"),
        ("rpn_head", "mmdetection"),
        ("roi_head", "mmdetection"),
        ("bbox_head", "mmdetection"),
    ];

    /// <summary>Refuses a file that holds one.</summary>
    public static Result<Unit, PqfError> Check(TensorFile file)
    {
        foreach (var (module, program) in Modules)
            if (file.Tensors.FirstOrDefault(tensor => $".{tensor.Name}.".Contains($".{module}.", StringComparison.Ordinal)) is { } tensor)
                return new PqfError.File(
                    file.Path,
                    $"holds a detector of {program} ({Printable.Name(tensor.Name)}, …); expected torchvision's Mask R-CNN, whose layers "
                        + "are called backbone.body.conv1, rpn.head.conv, roi_heads.box_head.fc6, …"
                );
        return default(Unit);
    }
}
