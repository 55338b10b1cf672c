"""How much better is each sample than its group?

    grpo        A = (r - mean) / (std + 1e-4),        std with n - 1 in the denominator
    centred     A = r - mean

over the samples of one group. A group of one sample, or whose rewards are all equal, teaches nothing: its advantages
are exactly 0. A reward of NaN takes no part and gets 0.

Source: sheet 22 (GRPO as TRL computes it; DR.GRPO).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice, check_codes, check_floats, check_same_length

SCALES = ("group", "none")
ADDED = 1e-4


def group_advantages(rewards: npt.ArrayLike, groups: npt.ArrayLike, *, scale: str = "group") -> npt.NDArray[np.float64]:
    """Advantage of each sample within its group.

    Parameters
    ----------
    rewards : array_like of float, shape (n_samples,)
        NaN where there is none.
    groups : array_like of int, shape (n_samples,)
        Code of the group, at least 0: one model on one item.
    scale : {"group", "none"}, default "group"
        Whether to divide by the standard deviation of the group.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        0 throughout a group whose rewards are all equal; NaN where there is no reward.

    Raises
    ------
    InputError
        If the lengths differ, a reward is infinite, a group is negative or `scale` is unknown.

    See Also
    --------
    psephos.consensus.collective : rewards without known answers.

    Examples
    --------
    >>> group_advantages([0, 0, 0, 1], [0, 0, 0, 0]).round(4)
    array([-0.4999, -0.4999, -0.4999,  1.4997])
    >>> group_advantages([0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1], scale="none")
    array([-0.25, -0.25, -0.25,  0.75,  0.  ,  0.  ])
    """
    check_choice("scale", scale, SCALES)
    reward = check_floats("rewards", rewards, missing=True)
    group = check_codes("groups", groups, ndim=1)
    check_same_length(rewards=reward, groups=group)
    if (group < 0).any():
        check_codes("groups", np.where(group < 0, -2, group), ndim=1)
    known = ~np.isnan(reward)
    n_groups = int(group.max(initial=-1)) + 1
    size = np.bincount(group[known], minlength=n_groups)
    low, high = np.full(n_groups, np.inf), np.full(n_groups, -np.inf)
    np.minimum.at(low, group[known], reward[known])
    np.maximum.at(high, group[known], reward[known])
    mean = np.bincount(group[known], weights=reward[known], minlength=n_groups) / np.maximum(size, 1)
    apart = np.where(known, reward - mean[group], 0.0)
    if scale == "group":
        squares = np.bincount(group, weights=apart * apart, minlength=n_groups)
        apart /= (np.sqrt(squares / np.maximum(size - 1, 1)) + ADDED)[group]
    return np.where(((size > 1) & (high > low))[group], apart, 0.0)
