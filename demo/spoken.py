"""What people of the demo store said and wrote, as they say it: the tables of the day tell it in English."""

SAID = {
    "engine": "发动机故障灯",
    "throttle view by borescope": "内窥镜查看节气门",
    "customer in a hurry": "客户赶时间",
    "not needed after the new bulb": "换灯泡后不再需要",
    "lateness": "交车延误",
    "36 minutes late": "交车晚了 36 分钟",
    "emergency": "紧急采购",
    "RO260309-07, pads not chamfered, original technician E06": "RO260309-07 换的制动片没有倒角，原施工技师 E06",
    "oil stain at the drain plug": "放油螺塞处有油迹",
    "refit as it is": "原样装回",
    "approved": "同意",
    "coil 2 misfires, plugs worn; throttle plate photographed through the intake":
        "2 缸失火，火花塞已磨损；经进气口拍到节气门积碳",
    "photo of the throttle plate": "节气门板脏污，见照片",
    "brake fluid 3.5 percent water (limit 3), tester and photo": "制动液含水 3.5%，超过限值 3%",
}


def spoken(words: str) -> str:
    """The words in the shop's language; what has no entry is in it already."""
    return SAID.get(words, words)
